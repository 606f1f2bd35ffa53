"""What the targets are like: their seasons, their loss, how far their past reaches."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from elman.data import RegularSeries
from elman.diagnosis import Need, needed_horizon
from elman.tasks._bounds import spread
from elman.tasks.forecast.columns._columns import encode
from elman.tasks.forecast.columns._preparation import Preparation, target_values
from elman.tasks.forecast.columns._roles import check_training
from elman.tasks.forecast.columns._target_kind import intermittent
from elman.tasks.forecast.columns._transform import Transform
from elman.tasks.forecast.columns._wild import typical
from elman.tasks.forecast.rows._split import Split

from ._loss import MEANS
from ._season import season_of

_RARE = 0.05


@dataclasses.dataclass(frozen=True)
class Kinds:
    """What the training rows of the targets say: season, loss and reach."""

    seasons: list[int]
    means: list[bool]
    intermittent: list[bool]
    need: Need


def kinds_of(
    forecaster: Any,
    series: RegularSeries,
    targets: list[str],
    train_rows: int,
    source: object,
) -> Kinds:
    """Look at the training rows of the targets; none may be empty."""
    raw = target_values(series.frame[:train_rows], targets)
    check_training(raw, targets, source)
    usual = typical(raw)
    dated = np.issubdtype(series.time.dtype, np.datetime64)
    seasons, sparse, evened = [], [], []
    for values in usual.T:
        even = Transform.choose(forecaster.scale, values).forward(values)
        # Correlation is the same in any unit, far-off ones apart.
        even = (even - np.nanmean(even)) / spread(even[np.isfinite(even)])
        season = season_of(even, float(series.step), dated=dated, day=series.axis.day)
        seasons.append(season)
        sparse.append(intermittent(values, season))
        evened.append(even)
    means = [forecaster.loss in MEANS] * len(targets)
    if forecaster.loss == "auto":
        means = sparse
    first = evened[0]
    if not np.isfinite(np.diff(first)).any():
        # Never two in a row: what is known of the changes is that of the levels.
        first = first[np.isfinite(first)]
    return Kinds(seasons, means, sparse, needed_horizon(first))


def left_out(
    preparation: Preparation,
    frame: pl.DataFrame,
    raw: NDArray[np.float64],
    split: Split,
) -> NDArray[np.bool_]:
    """Return (T, K): the targets that training and validation leave out.

    Those beyond the bounds of their column, but not where a covariate was there to
    explain them; in the validation part glitches alone, as another level there is
    what comes next.
    """
    wild = preparation.wild(raw)
    wild[split.test_start :] = False
    columns = encode(frame[: split.train_end], preparation.known + preparation.past)
    for flag in _flags(columns):
        for j, beyond in enumerate(wild[: split.train_end].T):
            if 2 * np.count_nonzero(beyond & flag) >= flag.sum():
                beyond[flag] = False
                wild[: split.train_end, j] = beyond
    later = slice(split.train_end, split.test_start)
    glitches = wild[later] & preparation.no_input(raw)[later]
    known = np.isfinite(raw[later])
    # A target that has nothing else there is at another level from the first row on.
    wild[later] = glitches & ~(glitches == known).all(0)
    return wild


def _flags(columns: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
    """Return the rows of each event: where a column of two values has the rare one."""
    flags = []
    for column in columns.T:
        levels, counts = np.unique(column[~np.isnan(column)], return_counts=True)
        if len(levels) == 2 and 2 <= counts.min() <= _RARE * len(column):
            flags.append(column == levels[counts.argmin()])
    return flags
