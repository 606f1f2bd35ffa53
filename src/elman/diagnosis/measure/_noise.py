"""The gradient noise scale, unbiased, with its standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Noise:
    """Estimates of tr(Σ)/‖ḡ‖² and of its parts; see `gradient_statistics`."""

    scale: float = math.nan
    error: float = math.nan
    signal: float = math.nan
    variance: float = math.nan


def noise_of(gradients: list[Tensor], rows: int) -> Noise:
    """Estimate the noise scale from the gradients of equal, independent batches.

    Parameters
    ----------
    gradients : list of Tensor (P,)
        Each the mean over ``rows`` rows.
    rows : int
    """
    n = len(gradients)
    if n < 2:
        return Noise()
    total = torch.zeros_like(gradients[0], dtype=torch.float64)
    for g in gradients:
        total += g
    squares = torch.stack([g.double().square().sum() for g in gradients])
    # ⟨g_i, S⟩ is enough to leave one out: ‖S − g_i‖² = ‖S‖² − 2⟨g_i, S⟩ + ‖g_i‖².
    products = torch.stack([g.double() @ total for g in gradients])
    whole = float(total.square().sum())
    signal, variance = _parts(whole, float(squares.sum()), n, rows)
    scale = variance / signal if signal > 0 else math.inf
    if n < 3:
        return Noise(scale, math.nan, signal, variance)
    # The jackknife is taken of ‖ḡ‖² and tr(Σ), which are smooth; that of their ratio
    # follows to first order and stays finite where one part's signal is lost.
    left = [
        _parts(
            whole - 2 * float(products[i]) + float(squares[i]),
            float(squares.sum() - squares[i]),
            n - 1,
            rows,
        )
        for i in range(n)
    ]
    parts = torch.tensor(left, dtype=torch.float64)
    centred = parts - parts.mean(0)
    covariance = centred.T @ centred * (n - 1) / n
    if signal <= 0:
        return Noise(scale, math.nan, signal, variance)
    slope = torch.tensor([-variance / signal**2, 1 / signal], dtype=torch.float64)
    error = math.sqrt(float(slope @ covariance @ slope))
    # A signal within two standard errors of zero: no ratio can be told.
    if signal < 2 * math.sqrt(float(covariance[0, 0])):
        scale = math.inf
    return Noise(scale, error, signal, variance)


def _parts(whole: float, squares: float, n: int, rows: int) -> tuple[float, float]:
    signal = (whole - squares) / (n * (n - 1))
    return signal, rows * (squares - whole / n) / (n - 1)
