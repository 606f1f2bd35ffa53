"""The driver: layers one upon another, each in one direction or in both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

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


def run_layers(
    layer: Any,
    x: Tensor,
    run_one: RunOne,
    dropout: Callable[..., Tensor] = functional.dropout,
) -> tuple[Tensor, list[Sequence[Any]]]:
    """Run the stack that a layer's options name: depth, directions, dropout between.

    Parameters
    ----------
    layer : Twin or CellLayer
    x : Tensor, (T, B, I)
    run_one : callable
        See `RunOne`.
    dropout : callable
        Takes the values and ``p``.
    """
    between = None
    if layer.dropout and layer.training:
        between = partial(dropout, p=layer.dropout)
    directions = 2 if layer.bidirectional else 1
    return run_stack(x, layer.num_layers, directions, run_one, between)


def joined(states: list[Sequence[Tensor]]) -> list[Tensor]:
    """Return the places' states of shape (1, B, H) as one each, (L·D, B, H).

    Parameters
    ----------
    states : list
        Of every place, as `run_stack` returns them. Those of a single place stay the
        same tensors.
    """
    if len(states) == 1:
        return list(states[0])
    return [torch.cat(s) for s in zip(*states, strict=True)]
