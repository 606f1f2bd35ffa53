"""A prepared series as the linear model sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class WindowTable:
    """Everything the linear model may look at, one row a time step.

    Attributes
    ----------
    lags : ndarray
        (T, K): the scaled targets, missing values filled from the past.
    truth : ndarray
        (T, K): the scaled targets, NaN where missing.
    past : ndarray
        (T, P): covariates known up to the origin.
    known : ndarray
        (T, F): covariates and calendar known for the step forecast.
    weight : ndarray or None
        (T,): how much a row's targets count.
    """

    lags: NDArray[np.float64]
    truth: NDArray[np.float64]
    past: NDArray[np.float64]
    known: NDArray[np.float64]
    weight: NDArray[np.float64] | None = None
