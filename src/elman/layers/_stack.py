"""The driver: layers one upon another, each in one direction or in both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

RunOne = Callable[[int, Tensor, bool], tuple[Tensor, Sequence[Any]]]
"""Runs one layer in one direction: from its place, its input and whether it runs from
the last step, to its output and its last states."""


def run_stack(
    x: Tensor,
    layers: int,
    directions: int,
    run_one: RunOne,
    dropout: Callable[[Tensor], Tensor] | None = None,
) -> tuple[Tensor, list[Sequence[Any]]]:
    """Run layers one upon another.

    Parameters
    ----------
    x : Tensor, (T, B, I)
    layers, directions : int
        L and D. The place of a layer k's direction d is k·D + d, as in torch's states.
    run_one : callable
        See `RunOne`.
    dropout : callable, optional
        What lies between two layers.

    Returns
    -------
    output : Tensor, (T, B, D·H)
        The last layer's, directions side by side.
    states : list
        What ``run_one`` returned of each place's states.
    """
    last = []
    for first in range(0, layers * directions, directions):
        if first and dropout is not None:
            x = dropout(x)
        y, states = run_one(first, x, False)
        last.append(states)
        if directions == 2:
            back, states = run_one(first + 1, x, True)
            last.append(states)
            y = torch.cat([y, back], -1)
        x = y
    return x, last
