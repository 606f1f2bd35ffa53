"""From one vector a step to one vector a sequence."""

from __future__ import annotations

import torch
from torch import Tensor

POOLINGS = ("auto", "last", "mean", "max", "attention")
"""Ways from one output a step to one vector a sequence."""


def beyond(steps: Tensor, lengths: Tensor) -> Tensor:
    """Return (B, T, 1): true on padding."""
    time = torch.arange(steps.shape[1], device=steps.device)
    return (time >= lengths.to(steps.device)[:, None]).unsqueeze(-1)


def mean_over_steps(steps: Tensor, lengths: Tensor) -> Tensor:
    # The encoder's outputs are zero on padding, so the sum may run over it.
    return steps.sum(1) / lengths.to(steps)[:, None]
