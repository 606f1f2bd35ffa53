"""The parameters and the form of exponential smoothing, for many series at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ._smoothing import TRENDS, Smoothing

Array = NDArray[np.float64]

# Positions of the search are whole numbers of this, on the logit scale.
_UNIT = 0.125
_LIMIT = 56
_STEPS = (8, 4, 2, 1)
_MOVES = 4
_START = {
    "alpha": (-24, -8, 4, 20),
    "beta": (-32, -12),
    "gamma": (-32, -8),
    "phi": (8,),
}
_LEAST_PHI, _MOST_PHI = 0.8, 0.98
_RATIO = 1.1
# A season so far behind without a trend is not tried with one.
_HOPELESS = 20.0
# A season's effects are as many numbers: more than these are left to others.
LONGEST_SEASON = 60


@dataclass(frozen=True)
class FittedSmoothing:
    """Exponential smoothing of one series.

    Attributes
    ----------
    model : Smoothing
    logarithm : bool
        Whether it smooths the logarithms: proportional seasons and errors.
    deviation : float
        Standard deviation of the one-step errors, in logarithms if it is so.
    criterion : float
        AICc, comparable between forms and scales; lower is better.
    """

    model: Smoothing
    logarithm: bool
    deviation: float
    criterion: float


Forms = dict[tuple[str, bool], FittedSmoothing]


def fit_forms(
    values: Array,
    seen: NDArray[np.bool_] | None = None,
    *,
    seasons: Sequence[int] = (),
    trends: Sequence[str] = TRENDS,
    logarithms: bool = True,
    moves: int = _MOVES,
) -> list[Forms]:
    """Return the best season and parameters of every trend and scale, of each series.

    By trend and whether logarithms are smoothed; trends that are hopeless by the
    seasons without one are left out.

    Parameters
    ----------
    values : ndarray
        (T, S): series of the same length, gaps filled from their past.
    seen : ndarray, optional
        (T, S): false where a value was filled; its error does not count.
    seasons : sequence of int
        Beside no season; only those that fit twice into the rows are tried.
    trends : sequence of str
        Of `TRENDS`.
    logarithms : bool
        Whether series of positive values are smoothed as logarithms too.
    moves : int
        Most moves of the search at each of its widths: fewer are quicker.
    """
    values = np.asarray(values, np.float64)
    known = np.ones(values.shape, bool) if seen is None else seen
    length, count = values.shape
    fitting = [
        m for m in dict.fromkeys(seasons) if 1 < m <= LONGEST_SEASON and 2 * m <= length
    ]
    even, unit = _standardised(values)
    scales = [(False, even, np.arange(count), 2 * known.sum(0) * np.log(unit), unit)]
    least, most = values.min(0), values.max(0)
    # Logarithms of what hardly varies are a straight line of it, less its digits.
    positive = np.flatnonzero((least > 0) & (most > _RATIO * least))
    if logarithms and len(positive):
        logs = np.log(values[:, positive])
        there = known[:, positive]
        even, unit = _standardised(logs)
        # The density of the values is that of their logarithms over the values.
        extra = 2 * np.where(there, logs, 0.0).sum(0)
        extra += 2 * there.sum(0) * np.log(unit)
        scales.append((True, even, positive, extra, unit))
    best: list[Forms] = [{} for _ in range(count)]
    # The lowest criterion of each season without a trend, for each series.
    plain = {season: np.full(count, np.inf) for season in [1, *fitting]}
    for trend, season in itertools.product(trends, [1, *fitting]):
        leading = np.minimum.reduce(list(plain.values()))
        if trend != trends[0] and (plain[season] > leading + _HOPELESS).all():
            continue
        for logarithm, series, where, extra, unit in scales:
            found = _search(trend, season, series, known[:, where], moves)
            for place, j in enumerate(where):
                model, sse = found[place]
                rows = int(known[:, j].sum())
                criterion = _aicc(sse, rows, model.parameters + 1)
                fitted = FittedSmoothing(
                    model,
                    logarithm,
                    float(unit[place] * np.sqrt(sse / max(rows - model.parameters, 1))),
                    criterion + float(extra[place]),
                )
                if trend == trends[0]:
                    plain[season][j] = min(plain[season][j], fitted.criterion)
                other = best[j].get((trend, logarithm))
                if other is None or fitted.criterion < other.criterion:
                    best[j][trend, logarithm] = fitted
    return best


def fit_smoothing(
    values: Array, seen: NDArray[np.bool_] | None = None, **options: Any
) -> list[FittedSmoothing]:
    """Return the form and the parameters with the lowest AICc, one a series.

    Takes what `fit_forms` takes.
    """
    return [best_of(forms) for forms in fit_forms(values, seen, **options)]


def best_of(forms: Forms) -> FittedSmoothing:
    """Return the form with the lowest criterion."""
    return min(forms.values(), key=lambda fitted: fitted.criterion)


def fit_for_steps(
    fitted: Sequence[FittedSmoothing],
    values: Array,
    seen: NDArray[np.bool_] | None = None,
    *,
    ahead: int,
    moves: int = _MOVES,
) -> list[FittedSmoothing]:
    r"""Return the same forms with parameters for all steps up to ``ahead``.

    Made small is :math:`\sum_h \log \text{MSE}_h` instead of the first step's error
    alone, which a level that follows every value serves best in a series of hours, and
    its forecasts of the next day worst (Svetunkov, Kourentzes and Killick 2023).

    Parameters
    ----------
    fitted : sequence of FittedSmoothing
        One a series, as `fit_smoothing` returned them.
    values, seen
        As there.
    ahead : int
        The farthest step.
    moves : int
    """
    values = np.asarray(values, np.float64)
    known = np.ones(values.shape, bool) if seen is None else seen
    forms: dict[tuple[str, int, bool], list[int]] = {}
    for j, one in enumerate(fitted):
        form = (one.model.trend, one.model.season, one.logarithm)
        forms.setdefault(form, []).append(j)
    found = list(fitted)
    for (trend, season, logarithm), which in forms.items():
        series = np.log(values[:, which]) if logarithm else values[:, which]
        series, _ = _standardised(series)
        refitted = _search(trend, season, series, known[:, which], moves, ahead)
        for j, (model, _) in zip(which, refitted, strict=True):
            found[j] = replace(fitted[j], model=model)
    return found


def _standardised(values: Array) -> tuple[Array, Array]:
    """Return series with mean 0 and deviation 1, and their deviations, (S,).

    Smoothing gives the same in any unit; squares of huge or tiny numbers do not.
    """
    even = values - values.mean(0)
    size = np.abs(even).max(0)
    size = np.where(size > 0, size, 1.0)
    unit = size * np.sqrt(((even / size) ** 2).mean(0))
    unit = np.where(unit > 0, unit, 1.0)
    return even / unit, unit


def _aicc(sse: float, rows: int, parameters: int) -> float:
    """Return Akaike's criterion with its correction for few rows, as finite as can be.

    Forms with more parameters than rows can pay for come after all others.
    """
    spare = rows - parameters - 1
    if spare <= 0:
        return 1e12 * parameters
    penalty = 2 * parameters * (1 + (parameters + 1) / spare)
    return rows * float(np.log(sse / rows)) + penalty


def _search(
    trend: str,
    season: int,
    values: Array,
    seen: NDArray[np.bool_],
    moves: int,
    ahead: int = 1,
) -> list[tuple[Smoothing, float]]:
    """Return the model of this form with the least squared error, for each series.

    A coarse grid, then moves to the best neighbour at narrowing widths. Series at
    the same position are evaluated together.
    """
    names = ["alpha"]
    names += [] if trend == "none" else ["beta"]
    names += [] if season == 1 else ["gamma"]
    names += ["phi"] if trend == "damped" else []
    # What a constant leaves is rounding, and its logarithm no help.
    floor = 1e-12 * (values**2).sum(0) + 1e-300

    def sums(position: NDArray[np.int64], which: NDArray[np.int64]) -> Array:
        model = _model(trend, season, dict(zip(names, position, strict=True)))
        total = _sum_of_squares(model, values[:, which], seen[:, which], ahead)
        return np.where(np.isfinite(total), total, np.inf) + floor[which]

    everything = np.arange(values.shape[1])
    grid = np.array(list(itertools.product(*(_START[name] for name in names))))
    errors = np.stack([sums(point, everything) for point in grid])
    position, least = grid[errors.argmin(0)], errors.min(0)
    for step in _STEPS:
        moving = everything
        for _ in range(moves):
            moved = []
            for centre, which in _together(position, moving):
                for point in _neighbours(centre, step):
                    found = sums(point, which)
                    better = found < least[which] * (1 - 1e-7)
                    position[which[better]] = point
                    least[which[better]] = found[better]
                    moved.append(which[better])
            moving = np.unique(np.concatenate(moved)) if moved else moving[:0]
            if not len(moving):
                break
    return [
        (_model(trend, season, dict(zip(names, map(int, p), strict=True))), float(sse))
        for p, sse in zip(position, least, strict=True)
    ]


def _sum_of_squares(
    model: Smoothing, values: Array, seen: NDArray[np.bool_], ahead: int
) -> Array:
    """Return (S,) the geometric mean, over the steps ahead, of the squared errors.

    An error h steps ahead is the sum of the last h one-step errors, each times its
    effect: no forecast has to be made for it.
    """
    errors = model.errors(values)
    rows = seen.sum(0)
    effect = model.kernel(ahead)
    further, logs, steps = errors, np.zeros(values.shape[1]), 0
    for h in range(1, min(ahead, len(values) // 2) + 1):
        if h > 1:
            further = further[1:] + effect[h - 2] * errors[: 1 - h]
        known = seen[h - 1 :]
        count = np.maximum(known.sum(0), 1)
        squares = np.where(known, further**2, 0.0).sum(0) / count
        logs += np.log(squares + 1e-300)
        steps += 1
    total: Array = rows * np.exp(logs / max(steps, 1))
    return total


def _together(
    position: NDArray[np.int64], which: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield each position and the series there."""
    if not len(which):
        return
    centres, group = np.unique(position[which], axis=0, return_inverse=True)
    for g, centre in enumerate(centres):
        yield centre, which[group.reshape(-1) == g]


def _neighbours(centre: NDArray[np.int64], step: int) -> Iterator[NDArray[np.int64]]:
    for axis, sign in itertools.product(range(len(centre)), (-1, 1)):
        point = centre.copy()
        point[axis] = np.clip(point[axis] + sign * step, -_LIMIT, _LIMIT)
        if point[axis] != centre[axis]:
            yield point


def _model(trend: str, season: int, position: dict[str, int]) -> Smoothing:
    share = {name: float(expit(_UNIT * p)) for name, p in position.items()}
    alpha = share["alpha"]
    phi = 1.0
    if "phi" in share:
        phi = _LEAST_PHI + (_MOST_PHI - _LEAST_PHI) * share["phi"]
    return Smoothing(
        trend,
        season,
        alpha,
        # The usual region: a slope slower than its level, a season within the rest.
        beta=alpha * share.get("beta", 0.0),
        gamma=(1 - alpha) * share.get("gamma", 0.0),
        phi=phi,
    )
