"""A layer of Elman's beside torch's with the same weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

import elman


def layer_pair(name: str, inputs: int, hidden: int, **options: Any) -> tuple[Any, Any]:
    """Return Elman's and torch's layer of a name, in float64."""
    torch.manual_seed(0)
    ours = getattr(elman, name)(inputs, hidden, dtype=torch.float64, **options)
    theirs = getattr(nn, name)(inputs, hidden, dtype=torch.float64, **options)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs
