"""Which season a series has: one that shows, or none."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from elman.diagnosis import autocorrelation
from elman.tasks.forecast.columns._calendar import DAY

Array = NDArray[np.float64]

_YEAR = 365.2425 * DAY
# A season that repeats weakly is no better guess than the last value.
_LEAST = 0.1
_FALSE_ALARM = 0.02
_MOST_ROWS = 50_000
_LONGEST_FREE = 400
_REPEATS = 4
_FEWEST = 8


def season_of(
    values: Array, step: float, *, dated: bool, day: int | None = None
) -> int:
    """Return the season of a series in steps, or 1 where none shows.

    Candidates are the calendar's (a day, a week, a year, whatever is a whole
    number of steps), and any lag at which the autocorrelation peaks. One counts
    as there if the differences over a quarter of it are alike one season apart,
    beyond what differences of a series without season are by chance (Bartlett's
    formula; one false alarm in fifty over all candidates). Differences of a
    random walk or of an AR(1) process are not. Of several seasons the one whose
    naive forecast errs least is taken.

    Parameters
    ----------
    values : ndarray
        (n,), training rows, NaN where missing.
    step : float
        Seconds from row to row.
    dated : bool
        Whether rows have times; else the calendar has no candidates.
    day : int or None
        Rows of a day, where they are some hours of it.
    """
    recent = values[-_MOST_ROWS:]
    if np.isfinite(recent).sum() < _FEWEST or not np.nanmax(recent) > np.nanmin(recent):
        return 1
    named = calendar_seasons(step, day) if dated else []
    named = [season for season in named if _fits(season, len(recent))]
    found = [
        season
        for season in named
        if _repeats(recent, season, _FALSE_ALARM / max(len(named), 1))
    ]
    free = _free_season(recent)
    if free and not any(_same(free, season) for season in found):
        # Where a cycle has no fixed length, the calendar's is as good a name.
        found.append(free)
    if not found:
        return 1
    return _cheapest(values, found, preferred=named)


def calendar_seasons(step: float, day: int | None = None) -> list[int]:
    """Return the day, the week and the year in steps of so many seconds."""
    seasons = [] if day is None else [day]
    for period in (DAY, 7 * DAY):
        steps = period / step
        if abs(steps - round(steps)) < 1e-6 * steps:
            seasons.append(round(steps))
    # Months and quarters are not equally long.
    year = round(_YEAR / step)
    if year >= 4 and step >= 3600:
        seasons.append(year)
    return sorted({season for season in seasons if season > 1})


def _fits(season: int, rows: int) -> bool:
    return 2 * season + max(1, season // 4) <= rows


def _same(one: int, other: int) -> bool:
    """Tell whether two lags are one season, or one is a multiple of the other."""
    low, high = sorted((one, other))
    times = round(high / low)
    return abs(high - times * low) <= max(1, 0.05 * high)


def _differences(values: Array, width: int) -> Array:
    change = values[width:] - values[:-width]
    # A spike is in two differences and would own the variance.
    known = change[np.isfinite(change)]
    if len(known) < _FEWEST:
        return np.full_like(change, np.nan)
    low, high = np.quantile(known, [0.01, 0.99])
    return np.clip(change, low, high) if low < high else change


def _repeats(values: Array, season: int, alarm: float) -> bool:
    width = max(1, season // 4)
    change = _differences(values, width)
    known = np.isfinite(change)
    if not known.any() or np.ptp(change[known]) == 0:
        return False
    times = min(_REPEATS, (len(change) - 1) // season)
    r, pairs = autocorrelation(change, times * season)
    # A strong season makes neighbours alike too; that is no noise.
    slot = np.arange(len(change)) % season
    sums = np.bincount(slot[known], change[known], season)
    profile = sums / np.maximum(np.bincount(slot[known], minlength=season), 1)
    rest, _ = autocorrelation(change - profile[slot], season)
    return any(
        _significant(r, pairs, season, count, alarm / 2, rest) for count in {1, times}
    )


def _significant(
    r: Array,
    pairs: NDArray[np.int64],
    season: int,
    times: int,
    alarm: float,
    rest: Array | None = None,
) -> bool:
    """Tell whether r at the first multiples of a lag is more than chance."""
    lags = season * np.arange(1, times + 1)
    if not np.isfinite(r[lags]).all() or (pairs[lags] < 4).any():
        return False
    # Correlation up to half a season widens what chance can do a season apart.
    near = np.nan_to_num((r if rest is None else rest)[1 : max(season // 2, 2)])
    noise = np.sqrt((1 + 2 * np.sum(near**2)) * np.sum(1 / pairs[lags])) / times
    # A slow drift is alike at all lags: a season is more so than half a season.
    between = np.nan_to_num(r[max(1, season // 2) : season])
    mean = float(r[lags].mean()) - max(0.0, float(between.min()))
    return mean > max(_LEAST, NormalDist().inv_cdf(1 - alarm) * noise)


def _free_season(values: Array) -> int | None:
    """Return the lag of the highest peak that is more than chance, or None."""
    longest = min(len(values) // 4, _LONGEST_FREE)
    found: dict[int, float] = {}
    width, start = 1, 3
    while start <= longest:
        stop = min(longest, max(start, 8 * width - 1))
        change = _differences(values, width)
        known = np.isfinite(change)
        if not known.any() or np.ptp(change[known]) == 0:
            return None
        r, pairs = autocorrelation(change, min(stop + 1, len(change) - 2))
        # Lags at which no two values are known are no peaks.
        r = np.where(np.isnan(r), -1.0, r)
        for lag in range(start, min(stop, len(r) - 2) + 1):
            peak = r[lag - 1] <= r[lag] >= r[lag + 1]
            if peak and _significant(r, pairs, lag, 1, _FALSE_ALARM / longest):
                found[lag] = float(r[lag])
        start, width = stop + 1, max(1, (stop + 1) // 4)
    if not found:
        return None
    highest = max(found, key=lambda lag: found[lag])
    family = [
        lag
        for lag, height in found.items()
        if _same(lag, highest) and lag <= highest and height >= 0.6 * found[highest]
    ]
    multiples = [lag for lag in found if lag >= min(family) and _same(lag, min(family))]
    return _cheapest(values, multiples, preferred=[min(family)])


def _cheapest(values: Array, seasons: list[int], preferred: list[int]) -> int:
    """Return the season whose naive forecast errs least, the shortest of equals.

    One that is not preferred has to be a tenth better.
    """
    errors = {
        season: _naive_error(values, season) * (1.0 if season in preferred else 1.1)
        for season in seasons
    }
    least = min(errors.values())
    return min(season for season in seasons if errors[season] <= 1.02 * least)


def _naive_error(values: Array, season: int) -> float:
    change = np.abs(values[season:] - values[:-season])
    seen = np.isfinite(change)
    return float(change[seen].mean()) if seen.any() else np.inf
