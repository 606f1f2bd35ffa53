"""Which rows are still running at a step, and zeros where they are not."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def running(x: Tensor, lengths: Tensor | None) -> Tensor | None:
    """Return (T, B, 1), true where a row is still running, or None if all are.

    Parameters
    ----------
    x : Tensor, (T, B, ·)
    lengths : Tensor of int64, (B,), optional
    """
    if lengths is None:
        return None
    steps = torch.arange(x.shape[0], device=x.device)
    lengths = lengths.to(x.device, non_blocking=True)
    return (steps[:, None] < lengths).unsqueeze(-1)


def cleared(tracks: Mapping[str, Tensor], mask: Tensor | None) -> dict[str, Tensor]:
    """Return tracks, each (T, B, ·), with zeros past each row's length."""
    if mask is None:
        return dict(tracks)
    return {k: torch.where(mask, v, 0.0) for k, v in tracks.items()}
