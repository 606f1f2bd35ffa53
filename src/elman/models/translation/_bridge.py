"""From what was read to where the writing starts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from elman import cells
from elman.layers import equations_of


def remembering(layer: nn.Module) -> tuple[bool, ...]:
    """Say of each state of a layer's cell whether it is one that remembers.

    Where a gate keeps a state, it is that and the output, h; else all. What else
    there is, a normaliser for instance, starts at zero as it always does.

    Parameters
    ----------
    layer : Module
        A recurrent layer of `elman.layers`.
    """
    cell = equations_of(layer)
    roles = cells.roles(cell.traced)
    kept = {0, roles.state} if roles.keep else set(range(len(cell.states)))
    return tuple(place in kept for place in range(len(cell.states)))


class Bridge(nn.Module):
    r"""A layer's first states from the summary of a source.

    .. math:: s^l_0 = \tanh(W^l r + b^l)

    Parameters
    ----------
    width : int
        Of r.
    layer : Module
        A recurrent layer.
    """

    def __init__(self, width: int, layer: nn.Module) -> None:
        super().__init__()
        self.starts = remembering(layer)
        self.layers, self.size = int(layer.num_layers), int(layer.hidden_size)  # type: ignore[arg-type]
        self.map = nn.Linear(width, sum(self.starts) * self.layers * self.size)

    def forward(self, summary: Tensor) -> tuple[Tensor, ...]:
        """Return the states, each (L, B, H), for (B, W)."""
        made = torch.tanh(self.map(summary)).unflatten(-1, (-1, self.layers, self.size))
        ready = iter(made.permute(1, 2, 0, 3).contiguous())
        nothing = summary.new_zeros(self.layers, len(summary), self.size)
        return tuple(next(ready) if starts else nothing for starts in self.starts)
