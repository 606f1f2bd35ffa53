"""The nonlinearities of a simple recurrent network, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F

PHI: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "tanh": torch.tanh,
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "identity": lambda a: a,
        "softplus": F.softplus,
        "softsign": F.softsign,
    }
)
"""φ by name."""

SLOPE: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = MappingProxyType(
    {
        "tanh": lambda a, h: 1 - h * h,
        "relu": lambda a, h: (h > 0).to(h.dtype),
        "sigmoid": lambda a, h: h * (1 - h),
        "identity": lambda a, h: torch.ones_like(h),
        "softplus": lambda a, h: torch.sigmoid(a),
        "softsign": lambda a, h: (1 - h.abs()) ** 2,
    }
)
"""φ'(a) by name, from the pre-activation a and h = φ(a)."""
