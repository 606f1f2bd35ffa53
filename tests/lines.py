"""The smallest training there is: a line in three dimensions."""

from __future__ import annotations

import torch
from torch import nn

from elman.training import Rows


def line(n=48, seed=0):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 3, generator=draw)
    return Rows(x, x.sum(1, keepdim=True) + 1.0)


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(3, 1)


def mse(output, target):
    return ((output - target) ** 2).mean()
