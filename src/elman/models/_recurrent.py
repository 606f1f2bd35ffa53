"""Recurrent encoders: a stack of any cell, one way or both ways."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from elman.cells import Cell

from ._cells import CELLS, check_cell
from ._encoded import Encoded, mask_of


class RecurrentEncoder(nn.Module):
    r"""A recurrent stack.

    .. math:: h_{1..T} = \mathrm{cell}(x_{1..T})

    Parameters
    ----------
    cell : str or Cell
        A name that `elman.cells` knows: "rnn", "gru", "lstm", "janet" and so on.
    channels, hidden_size, num_layers : int
        C, H, L.
    bidirectional : bool
        Whether a second stack reads each sequence from its end; W is then 2 H,
        else H.
    dropout : float
        Share of each layer's outputs dropped before the next one, in training.
    recurrent_dropout : float
        Share of the state's units that a row lacks in what its next steps are made
        of, in training.
    """

    def __init__(
        self,
        cell: str | Cell,
        channels: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.cell, self.drops = check_cell(cell), dropout
        self.width = hidden_size * (2 if bidirectional else 1)
        self.stack = CELLS[self.cell](
            channels,
            hidden_size,
            num_layers=num_layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if num_layers > 1 else 0.0,
            recurrent_dropout=recurrent_dropout,
        )

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "cell": self.cell,
            "channels": self.stack.input_size,
            "hidden_size": self.stack.hidden_size,
            "num_layers": self.stack.num_layers,
            "bidirectional": self.stack.bidirectional,
            "dropout": self.drops,
            "recurrent_dropout": self.stack.recurrent_dropout,
        }

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        # Networks were stored with the layer itself in this place.
        for name, _ in self.stack.named_parameters():
            if prefix + name in state_dict:
                state_dict[f"{prefix}stack.{name}"] = state_dict.pop(prefix + name)
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def forward(
        self, values: Tensor, lengths: Tensor | None = None, state: Any = None
    ) -> Encoded:
        """Return steps, each direction's last state, the mask and the stack's state.

        Parameters
        ----------
        values : Tensor
            (B, T, C).
        lengths : Tensor, optional
            int64 (B,), each 1 to T.
        state : Tensor or tuple of Tensor, optional
            As the layer takes it.
        """
        steps, after = self.stack(values, state, lengths=lengths)
        hidden = after[0] if isinstance(after, tuple) else after
        ways = 2 if self.stack.bidirectional else 1
        last = torch.cat(list(hidden[-ways:]), -1)
        return Encoded(steps, last, mask_of(values, lengths), after)
