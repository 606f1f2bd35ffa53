"""Derivatives of the nonlinearities of a simple recurrent network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

SLOPE: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = MappingProxyType(
    {
        "tanh": lambda a, h: 1 - h * h,
        "relu": lambda a, h: (h > 0).to(h.dtype),
        "sigmoid": lambda a, h: h * (1 - h),
        "identity": lambda a, h: torch.ones_like(h),
        "softplus": lambda a, h: torch.sigmoid(a),
    }
)
"""φ'(a) for each of `elman.ops.NONLINEARITIES`, from a and h = φ(a)."""
