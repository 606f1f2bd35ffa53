"""The one place where a test's tolerance comes from.

Two correct computations of the same sum of n products differ by their rounding.
Summed pairwise or in blocks, as BLAS does, the error grows like log2(n); a
recurrent step feeds the next, so a value after T steps has seen n·T roundings.
Hence

    |actual − expected| ≤ C · ceil(log2(summands · steps)) · eps · scale

with scale = max(1, max|expected|), since sums cancel and each is as wrong as its
largest part, and C = 8: a handful of roundings a term (product, sum, activation,
gate) for each of the two computations. The states tests draw keep a recurrence
from amplifying (weights within ±1/√H).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

C = 8.0


def tolerance(dtype: Any, summands: int, steps: int = 1, scale: float = 1.0) -> float:
    """Return the absolute difference rounding can explain.

    Parameters
    ----------
    dtype : torch.dtype or numpy dtype
        The less precise of the two computations.
    summands : int
        Terms in the longest sum: I + H for a step, B·T for a weight's gradient.
    steps : int
        How many steps feed each other.
    scale : float
        The largest value.
    """
    eps = (
        torch.finfo(dtype).eps
        if isinstance(dtype, torch.dtype)
        else float(np.finfo(dtype).eps)
    )
    return C * math.ceil(math.log2(max(2, summands * steps))) * eps * scale


def assert_close(
    actual: Any,
    expected: Any,
    *,
    summands: int,
    steps: int = 1,
    dtype: Any = None,
    what: str = "",
    sums: int = 1,
) -> None:
    """Assert that two arrays agree to within rounding, NaN nowhere.

    Parameters
    ----------
    actual, expected : Tensor or array
        ``dtype`` defaults to the dtype of ``actual``.
    sums : int
        Products one after another that round each by themselves.
    """
    if dtype is None:
        dtype = actual.dtype
    a = _numpy(actual)
    e = _numpy(expected)
    assert a.shape == e.shape, f"{what}: shape {a.shape}, expected {e.shape}"
    if not a.size:
        return
    limit = sums * tolerance(dtype, summands, steps, max(1.0, float(np.abs(e).max())))
    worst = float(np.abs(a - e).max())
    assert worst <= limit, f"{what}: off by {worst:.3g}, rounding explains {limit:.3g}"


def finite_difference_tolerance(scale: float) -> float:
    """Return what a central difference in float64 is off by at its best step.

    Truncation h²/6·L''' against rounding eps·L/h balance at h ~ eps^(1/3), where
    both are near eps^(2/3); C as above.
    """
    return C * float(np.finfo(np.float64).eps) ** (2 / 3) * max(1.0, scale)


FINITE_DIFFERENCE_STEP = float(np.finfo(np.float64).eps) ** (1 / 3)


def _numpy(value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().double().numpy()
    return np.asarray(value, dtype=np.float64)
