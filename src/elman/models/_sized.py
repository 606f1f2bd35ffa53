"""The width at which an encoder has a given number of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from elman.cells import Cell

_WIDEST = 2**14
# From this width on a Transformer's may differ by as many units as there are heads.
_WIDE, _HEADS = 64, 8


def width_for(
    build: Callable[[int], nn.Module], parameters: int, encoder: str | Cell = ""
) -> int:
    """Return the width whose number of parameters is nearest to a given one.

    Of a Transformer even widths alone count, so that it has two heads at least, and of
    wide ones multiples of eight, so that it has eight.

    Parameters
    ----------
    build : callable
        Returns the network of a width; with more width it has more parameters.
    parameters : int
        How many it should have.
    encoder : str or Cell
        What it is built from.
    """
    step = 2 if encoder == "transformer" else 1

    def count(steps: int) -> int:
        with torch.random.fork_rng(devices=[]):
            return parameters_of(build(step * steps))

    high = 1
    while step * high < _WIDEST and count(high) < parameters:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < parameters else (low, middle)
    near = [n for n in (low, high) if n > 0]
    if encoder == "transformer" and step * low >= _WIDE:
        most = _HEADS // step
        near = [most * (low // most), most * (low // most + 1)]
    return step * min(near, key=lambda n: abs(count(n) - parameters))


def parameters_of(network: Any) -> int:
    """Return how many numbers training may change."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
