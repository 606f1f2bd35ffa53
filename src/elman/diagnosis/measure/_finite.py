"""What a verdict needs: finite numbers, and a gradient that arrives."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from elman.diagnosis.open._unroll import Track

from ._along import alive_of


@torch.no_grad()
def finite_rows(track: Track) -> NDArray[np.bool_]:
    """Return for each row of a track whether all its states are finite numbers.

    Steps before a row begins and after it ends do not count.
    """
    alive = alive_of(track)
    fine = torch.ones_like(alive)
    for part in zip(*track.states, strict=True):
        fine &= torch.stack([s.detach() for s in part]).isfinite().all(-1)
    rows: NDArray[np.bool_] = (fine | ~alive).all(0).cpu().numpy()
    return rows


def look_at_gradients(
    weights: dict[str, nn.Parameter], value: Tensor
) -> tuple[bool, bool]:
    """Look at the gradients of a loss with respect to the weights.

    Returns
    -------
    finite : bool
        Whether all of them are finite.
    moves : bool
        Whether one of a weight that is zero is not: the first step then moves it, and
        gradients pass where none did. A bias passes nothing on.
    """
    if not weights or not value.requires_grad:
        return True, False
    found = torch.autograd.grad(
        value, list(weights.values()), retain_graph=True, allow_unused=True
    )
    finite, moves = True, False
    for (name, weight), gradient in zip(weights.items(), found, strict=True):
        if gradient is None:
            continue
        values = gradient.coalesce().values() if gradient.is_sparse else gradient
        finite = finite and bool(values.isfinite().all())
        if "bias" not in name and not weight.detach().any():
            moves = moves or bool(values.any())
    return finite, moves
