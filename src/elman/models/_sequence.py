"""The network of a sequence estimator: recurrent encoder, pooling, linear head."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from ._cells import CELLS, check_cell
from ._pooling import beyond, mean_over_steps


class SequenceNetwork(nn.Module):
    r"""Recurrent encoder, then one output a sequence or one a step.

    .. math::

        h_{1..T} = \mathrm{cell}(x_{1..T}), \qquad
        \hat y = W\,\mathrm{dropout}(\mathrm{pool}(h_{1..T})) + b

    Parameters
    ----------
    cell : {"rnn", "gru", "lstm"}
        The recurrent layer.
    channels, hidden_size, num_layers, outputs : int
        C, H, L and K.
    bidirectional : bool
        Whether a second encoder reads each sequence from its end.
    dropout : float
        Share of the encoder's outputs dropped while training: between layers,
        and before the head.
    pooling : {"auto", "last", "mean", "max", "attention"}
        ``last``: each direction's last state. ``mean``, ``max``: over the steps.
        ``attention``: the mean weighted by softmax over steps of a learned score.
        ``auto``: last and mean side by side.
    per_step : bool
        One output at every step, and no pooling.
    """

    def __init__(
        self,
        cell: str,
        channels: int,
        hidden_size: int,
        outputs: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        pooling: Literal["auto", "last", "mean", "max", "attention"] = "auto",
        per_step: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = CELLS[check_cell(cell)](
            channels,
            hidden_size,
            num_layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if num_layers > 1 else 0.0,
        )
        width = hidden_size * (2 if bidirectional else 1)
        self.pooling = pooling
        self.per_step = per_step
        self.score = nn.Linear(width, 1) if pooling == "attention" else None
        self.dropout = nn.Dropout(dropout)
        wide = width * (2 if pooling == "auto" and not per_step else 1)
        self.head = nn.Linear(wide, outputs)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return (B, K), or (B, T, K) per step.

        Parameters
        ----------
        values : Tensor
            (B, T, C).
        lengths : Tensor
            int64 (B,), each 1 to T. What lies beyond has no influence.
        """
        steps, state = self.encoder(values, lengths=lengths)
        features = steps if self.per_step else self._pool(steps, state, lengths)
        return self.head(self.dropout(features))

    def _pool(
        self, steps: Tensor, state: Tensor | tuple[Tensor, ...], lengths: Tensor
    ) -> Tensor:
        parts = {
            "last": lambda: self._last(state),
            "mean": lambda: mean_over_steps(steps, lengths),
            "max": lambda: steps.masked_fill(beyond(steps, lengths), -1e30).amax(1),
            "attention": lambda: self._attended(steps, lengths),
        }
        if self.pooling == "auto":
            return torch.cat([parts["last"](), parts["mean"]()], -1)
        return parts[self.pooling]()

    def _attended(self, steps: Tensor, lengths: Tensor) -> Tensor:
        assert self.score is not None  # noqa: S101  built in __init__
        padding = beyond(steps, lengths)
        weight = self.score(steps).masked_fill(padding, -torch.inf).softmax(1)
        return (weight * steps).sum(1)

    def _last(self, state: Tensor | tuple[Tensor, ...]) -> Tensor:
        """Return the top layer's last states, directions side by side: (B, D·H)."""
        hidden = state[0] if isinstance(state, tuple) else state
        directions = 2 if self.encoder.bidirectional else 1
        return torch.cat(list(hidden[-directions:]), -1)
