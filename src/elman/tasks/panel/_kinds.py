"""What many series are like: their seasons, their loss, which windows they allow."""

from __future__ import annotations

from collections import Counter

import numpy as np

from elman.diagnosis import Need, needed_horizon
from elman.tasks.forecast.columns._target_kind import intermittent
from elman.tasks.forecast.targets._season import calendar_seasons, season_of

from ._series import Array, Rows
from ._space import Space

_LOOKED_AT = 40
# A season counts where so many of the series looked at have it.
_SHARE = 0.15
_MOST_SEASONS = 2
_LONGEST_WINDOW = 512
# Seasons in a window, and the share of a typical series it may take.
_WINDOW_SEASONS, _ROOM = 14, 0.6
# Windows for each weight of a pooled regression.
_WINDOWS = 10


def looked_at(lengths: Rows) -> Rows:
    """Return some series spread over the panel, the longer half of it."""
    long = np.flatnonzero(lengths >= np.median(lengths))
    chosen = np.linspace(0, len(long) - 1, min(len(long), _LOOKED_AT))
    return long[np.unique(chosen.round().astype(np.int64))]


def seasons_of(
    pieces: list[Array], space: Space, step: float, *, dated: bool
) -> list[int]:
    """Return the seasons that the series have, the commonest first.

    Of equally common ones the calendar's come first, then the shorter: which series
    comes first in the table decides nothing.
    """
    found: Counter[int] = Counter()
    for values in pieces:
        even = space.forward(values)
        if np.isfinite(even).sum() < 8:
            continue
        season = season_of(even, step, dated=dated)
        if season > 1:
            found[season] += 1
    calendar = calendar_seasons(step) if dated else []
    ranked = sorted(found, key=lambda s: (-found[s], s not in calendar, s))
    least = _SHARE * len(pieces)
    common = [s for s in ranked if found[s] >= least]
    if not common and sum(found.values()) >= 0.5 * len(pieces):
        # Each series has another: the commonest of them will have to do.
        common = ranked[:1]
    if len(common) == 1:
        common += _longer(pieces, common[0])
    return common[:_MOST_SEASONS]


def _longer(pieces: list[Array], season: int) -> list[int]:
    """Return the multiple of a season after which enough series are more alike."""
    found: Counter[int] = Counter()
    for values in pieces:
        errors = {}
        for times in range(1, _WINDOW_SEASONS + 1):
            lag = times * season
            if 3 * lag <= len(values):
                change = np.abs(values[lag:] - values[:-lag])
                errors[times] = float(np.nanmean(change)) * (1.1 if times > 1 else 1.0)
        if errors:
            found[min(errors, key=lambda times: errors[times])] += 1
    del found[1]
    ranked = sorted(found, key=lambda t: (-found[t], t))
    least = _SHARE * len(pieces)
    return [t * season for t in ranked[:1] if found[t] >= least]


def mostly_nothing(pieces: list[Array], season: int) -> bool:
    """Tell whether at least half of the series are intermittent demand."""
    return sum(intermittent(values, season) for values in pieces) >= 0.5 * len(pieces)


def need_of(pieces: list[Array], space: Space) -> Need:
    """Return how far back the longest series wants gradients to reach."""
    values = space.forward(max(pieces, key=len))
    known = values[np.isfinite(values)]
    unit = float(np.std(known)) or 1.0
    return needed_horizon((values - known.mean()) / unit)


def contexts_of(
    lengths: Rows, horizon: int, seasons: list[int], asked: int | None
) -> list[int]:
    """Return the steps that pooled regressions look back, none if too few windows.

    Fourteen seasons (two weeks of hours), two horizons at least, if a typical series
    is so much longer and there are ten windows for each weight; and half of it.

    Parameters
    ----------
    lengths : ndarray
        (S,): training steps of each series.
    horizon : int
    seasons : list of int
    asked : int or None
        The user's.
    """
    season = min(seasons, default=1)
    typical = int(np.median(lengths))
    room = max(round(_ROOM * (typical - horizon)), 2 * season, 8)
    wanted = max(_WINDOW_SEASONS * season, 2 * horizon, 8)
    wanted = asked or min(wanted, _LONGEST_WINDOW, room)
    longest = max(min(wanted, int(lengths.max()) - horizon), 0)
    for context in range(longest, 1, -1):
        windows = int(np.maximum(lengths - context - horizon + 1, 0).sum())
        if windows >= _WINDOWS * context:
            if asked is None and context > season:
                context -= context % season
            half = context // 2
            # Half of a season tells nothing of the other half.
            useful = half >= max(season, 3)
            return [half, context] if useful and asked is None else [context]
    return []
