"""What the networks that correct a linear forecast share."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import nn

from elman.layers import CellLayer

from ._cells import CELLS, check_cell


class CorrectingNetwork(nn.Module):
    """Base: recurrent layers, and a head that corrects nothing at first.

    Parameters
    ----------
    config : dict
        The constructor's arguments, those of every network among them: ``cell``,
        ``hidden_size``, ``num_layers``, ``dropout``.
    """

    kind: str
    segment: int | None = None
    encoder: nn.RNNBase | CellLayer
    head: nn.Linear

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self._config = config
        layers = config["num_layers"]
        # Called with the size of its input.
        self._layer = partial(
            CELLS[check_cell(config["cell"])],
            hidden_size=config["hidden_size"],
            num_layers=layers,
            dropout=config["dropout"] if layers > 1 else 0.0,
            batch_first=True,
        )

    def config(self) -> dict[str, Any]:
        """Return kind and constructor's arguments as plain values."""
        return {"kind": self.kind, **self._config}

    def _end(self, outputs: int) -> tuple[nn.Dropout, nn.Linear]:
        """Return the dropout before the head, and the head: zero."""
        head = nn.Linear(self._config["hidden_size"], outputs)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        return nn.Dropout(self._config["dropout"]), head
