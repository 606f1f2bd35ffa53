"""What a forecaster's notes say of its data, its training and its intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elman.data import RegularSeries
from elman.tasks.forecast.columns._preparation import Preparation
from elman.tasks.forecast.intervals._intervals import fewest_errors

from .rows._split import Split


def later_notes(
    preparation: Preparation,
    series: RegularSeries,
    raw: NDArray[np.float64],
    split: Split,
    left_out: NDArray[np.bool_],
) -> list[str]:
    """Return what is in later rows that the training part did not have.

    Parameters
    ----------
    preparation : Preparation
    series : RegularSeries
    raw : ndarray
        (T, K): the targets.
    split : Split
    left_out : ndarray
        (T, K): those that stopping and intervals do without.
    """
    wild, notes = preparation.wild(raw), []
    parts = [
        ("validation", slice(split.train_end, split.test_start)),
        ("test", slice(split.test_start, split.rows)),
    ]
    for part, rows in parts:
        for j, name in enumerate(preparation.targets):
            count = int(wild[rows, j].sum())
            if not count:
                continue
            beyond = raw[rows, j][wild[rows, j]]
            if part == "test":
                said = "scored as they are; the first two in a row are no input"
            elif (gone := int(left_out[rows, j].sum())) == count:
                said = "left out"
            else:
                said = f"{gone:,} left out, the others taken for another level"
            known = int(np.isfinite(raw[rows, j]).sum())
            notes.append(
                f"{name}: {count:,} of {known:,} {part} values lie outside "
                f"{preparation.range_of(j)}, where the training part is, the farthest "
                f"at {beyond[np.abs(beyond).argmax()]:.6g}; {said}"
            )
    later = series.frame[split.train_end :]
    return notes + preparation.later(later, "after the training part")


def interval_notes(
    errors: NDArray[np.float64], level: float, targets: list[str]
) -> list[str]:
    """Return a note if the validation part has few windows to calibrate on.

    Parameters
    ----------
    errors : ndarray
        (n, H, K), NaN where unknown.
    level : float
    targets : list of str
    """
    need = fewest_errors(level)
    counts = np.isfinite(errors).any(1).sum(0)
    few = [(name, int(n)) for name, n in zip(targets, counts, strict=True) if n < need]
    if not few:
        return []
    said = ", ".join(f"{name} {n}" for name, n in few)
    each = said if len(targets) > 1 else f"{few[0][1]}"
    return [
        f"intervals of {level:g} want at least {need} validation windows, there are "
        f"{each}: they rest on forecasts within the training part too"
    ]
