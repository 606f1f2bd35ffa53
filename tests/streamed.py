"""A stateful network, and series to cut into streams for it."""

from __future__ import annotations

import torch
from torch import nn

import elman

F64 = torch.float64


class Nested(nn.Module):
    """An LSTM under a GRU, its states nested, and a linear head."""

    def __init__(self, package=elman, batch_first=True):
        super().__init__()
        self.lower = package.LSTM(3, 5, 2, batch_first=batch_first, dtype=F64)
        self.upper = package.GRU(5, 4, batch_first=batch_first, dtype=F64)
        self.head = nn.Linear(4, 2, dtype=F64)

    def forward(self, x, state):
        low, high = (None, None) if state is None else state["states"]
        y, low = self.lower(x, low)
        y, high = self.upper(y, high)
        return self.head(y), {"states": (low, high), "none": None}


def nested(package=elman, batch_first=True):
    torch.manual_seed(3)
    return Nested(package, batch_first)


def series_of(*lengths, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(n, 3, generator=draw, dtype=F64),
            torch.randn(n, 2, generator=draw, dtype=F64),
        )
        for n in lengths
    ]
