"""Exponential smoothing as a linear map from a window of a series to its future."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import toeplitz
from scipy.signal import lfilter

Array = NDArray[np.float64]

TRENDS = ("none", "additive", "damped")
# What keeps the first states determined where a window is shorter than a season.
_PRIOR = 1e-6


@dataclass(frozen=True)
class Smoothing:
    r"""Exponential smoothing with additive errors, its parameters given.

    .. math::
        y_t &= \ell_{t-1} + \phi b_{t-1} + s_{t-m} + e_t \\
        \ell_t &= \ell_{t-1} + \phi b_{t-1} + \alpha e_t \\
        b_t &= \phi b_{t-1} + \beta e_t, \qquad s_t = s_{t-m} + \gamma e_t

    (Hyndman, Koehler, Ord and Snyder 2008, *Forecasting with Exponential
    Smoothing*). Given the parameters everything is linear: the errors in the
    values and in the first states, which are set by least squares, and the
    forecasts in both. So forecasts from a window are a matrix times the window.

    Parameters
    ----------
    trend : {"none", "additive", "damped"}
    season : int
        m, or 1 for none.
    alpha, beta, gamma : float
        Weights of an error in the next level, slope and season.
    phi : float
        Share of the slope that remains a step later; 1 if the trend is not damped.
    """

    trend: str
    season: int
    alpha: float
    beta: float = 0.0
    gamma: float = 0.0
    phi: float = 1.0

    @property
    def states(self) -> int:
        """Number of first states set by the data."""
        return 1 + (self.trend != "none") + self.season - 1

    @property
    def parameters(self) -> int:
        """Number of parameters set by the data, first states included."""
        own = 1 + {"none": 0, "additive": 1, "damped": 2}[self.trend]
        return own + (self.season > 1) + self.states

    @property
    def least(self) -> int:
        """Rows below which the first states say more than the values."""
        return self.states + 2

    def kernel(self, steps: int) -> Array:
        r"""Return :math:`c_1, …, c_n`, an error's effect on the values after it.

        :math:`c_i = \alpha + \beta(\phi + … + \phi^i) + \gamma [m \text{ divides } i]`
        """
        effect = self.alpha + self.beta * self._damped(steps)
        if self.season > 1:
            effect[self.season - 1 :: self.season] += self.gamma
        return effect

    def deterministic(self, start: int, stop: int) -> Array:
        """Return (stop − start, states): what first states add to steps counted from 0.

        The seasons' effects add up to 0, so that the level is determined.
        """
        steps = np.arange(start, stop)
        columns = [np.ones((len(steps), 1))]
        if self.trend != "none":
            columns.append(self._damped(stop)[start:, None])
        if self.season > 1:
            place = steps % self.season
            effects = (place[:, None] == np.arange(self.season - 1)).astype(np.float64)
            effects[place == self.season - 1] = -1.0
            columns.append(effects)
        return np.concatenate(columns, 1)

    def errors(self, values: Array) -> Array:
        """Return the one-step errors of these series, (T, S), first states fitted.

        Parameters
        ----------
        values : ndarray
            (T, S), without gaps.
        """
        return self._smoothed(values)[0]

    def weights(self, length: int, horizon: int) -> Array:
        """Return (L, H): a window of L values times this is its forecasts."""
        return _weights(self, length, horizon)

    def widening(self, horizon: int) -> Array:
        r"""Return (H,): the standard error of each step, in units of the first's.

        :math:`\sqrt{1 + c_1^2 + … + c_{h-1}^2}`
        """
        effect = self.kernel(horizon)[:-1]
        grown: Array = np.sqrt(1 + np.concatenate([[0.0], np.cumsum(effect**2)]))
        return grown

    def _damped(self, steps: int) -> Array:
        if self.trend == "none":
            return np.zeros(steps)
        grown: Array = np.cumsum(self.phi ** np.arange(1.0, steps + 1))
        return grown

    def _smoothed(self, values: Array) -> tuple[Array, Array]:
        """Return the errors (T, S) and the first states (states, S)."""
        effects = self.deterministic(0, len(values))
        filtered = lfilter(*self._filter(), np.concatenate([effects, values], 1), 0)
        basis, errors = np.split(filtered, [self.states], 1)
        return _fitted(basis, errors)

    def _filter(self) -> tuple[Array, Array]:
        """Return the polynomials of the filter that turns values into errors.

        Values are errors times 1 + c(z), and c(z) is rational: the level's and the
        slope's effects repeat with the poles 1 and phi, the season's at every
        m-th root of 1.
        """
        poles = np.zeros(self.season + 1)
        poles[0], poles[-1] = 1.0, -1.0
        if self.trend != "none":
            poles = np.convolve(poles, [1.0, -self.phi])
        degree = len(poles) - 1
        response = np.concatenate([[1.0], self.kernel(degree)])
        return poles, np.convolve(poles, response)[: degree + 1]


def _fitted(basis: Array, errors: Array) -> tuple[Array, Array]:
    """Return what least squares leaves of the errors, and its coefficients."""
    gram = basis.T @ basis + _PRIOR * np.eye(basis.shape[1])
    first = np.linalg.solve(gram, basis.T @ errors).astype(np.float64)
    return errors - basis @ first, first


@lru_cache(maxsize=512)
def _weights(model: Smoothing, length: int, horizon: int) -> Array:
    impulse = np.eye(length, 1)
    effects = model.deterministic(0, length + horizon)
    filtered = lfilter(
        *model._filter(), np.concatenate([effects[:length], impulse], 1), 0
    )
    # The errors of every unit vector are this response, moved.
    unit = toeplitz(filtered[:, -1], np.zeros(length))
    errors, first = _fitted(filtered[:, :-1], unit)
    effect = model.kernel(length + horizon)
    # An error at row j is length + h - j steps before step h of the forecast.
    lag = length + np.arange(horizon)[:, None] - np.arange(length)
    ahead = effects[length:] @ first + effect[lag - 1] @ errors
    return np.ascontiguousarray(ahead.T)
