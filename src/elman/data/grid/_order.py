"""Times that run backwards or repeat, and what tells several series apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import place, row_name

from ._clock_change import changes_clocks

_MOST_TRIED = 12


def check_order(
    stamps: np.ndarray, source: object = None, others: pl.DataFrame | None = None
) -> None:
    """Raise unless every time lies after the one before.

    Parameters
    ----------
    stamps : numpy.ndarray
        The times.
    source : object, optional
        The file to name.
    others : polars.DataFrame, optional
        The columns beside the times; one that tells several series apart is
        named.

    Raises
    ------
    InputError
        Times run backwards or repeat: the first row concerned is named.
    """
    gaps = np.diff(stamps).astype(np.int64)
    backwards, repeated = np.flatnonzero(gaps < 0), np.flatnonzero(gaps == 0)
    if not len(backwards) and not len(repeated):
        return
    where = place(source)
    if len(np.unique(stamps)) == len(stamps):
        at = int(backwards[0])
        turned = len(backwards) == len(gaps) > 1
        how = ", which run from the newest to the oldest" if turned else ""
        raise InputError(
            f"{where}{row_name(at + 1, source)}: the time {stamps[at + 1]} lies before"
            f" {stamps[at]} of the row before ({len(backwards)} such rows); sort the"
            f" rows by time{how}"
        )
    if len(repeated) and (not len(backwards) or repeated[0] < backwards[0]):
        at = int(repeated[0])
        what = (
            f"the time {stamps[at + 1]} repeats the row before ({len(repeated)} such"
            " rows)"
        )
    else:
        at = int(backwards[0])
        what = (
            f"the times start over at {stamps[at + 1]} after {stamps[at]}, and some"
            " repeat"
        )
    advice = _apart(stamps, others)
    if not advice:
        advice = "keep one row for each time, and one series to a file"
        advice += _clock_change(stamps, at)
    raise InputError(f"{where}{row_name(at + 1, source)}: {what}; {advice}")


def telling_apart(stamps: np.ndarray, others: pl.DataFrame) -> list[str]:
    """Return the column, or the two, within whose values no time repeats, if any."""
    times = pl.Series("", stamps.astype(np.int64))
    counts = {
        name: others[name].n_unique()
        for name in others.columns
        if not others[name].dtype.is_float() and not others[name].dtype.is_nested()
    }
    likely = [name for name, n in counts.items() if 1 < n <= len(stamps) // 2]
    likely = sorted(likely, key=counts.__getitem__)[:_MOST_TRIED]
    for size in (1, 2):
        for names in combinations(likely, size):
            table = others.select(names).insert_column(0, times.alias("\0time"))
            if table.n_unique() == table.height:
                return list(names)
    return []


def _apart(stamps: np.ndarray, others: pl.DataFrame | None) -> str:
    """Say which columns tell several series apart, and what to do."""
    names = [] if others is None else telling_apart(stamps, others)
    if others is None or not names:
        return ""
    advice = "keep the rows of one of them, or name it as the id"
    if len(names) == 1:
        shown = [str(v) for v in others[names[0]].unique(maintain_order=True)]
        some = ", ".join(repr(v[:20]) for v in shown[:2])
        more = ", …" if len(shown) > 2 else ""
        return (
            f"column {names[0]!r} tells {len(shown)} series apart ({some}{more}):"
            f" {advice}"
        )
    series = others.select(names).n_unique()
    return (
        f"columns {names[0]!r} and {names[1]!r} together tell {series} series apart:"
        f" {advice.replace('it', 'them')}"
    )


def _clock_change(stamps: np.ndarray, at: int) -> str:
    """Return a hint if the repetition sits where clocks are set back in autumn."""
    if stamps.dtype.kind != "M":
        return ""
    if changes_clocks(stamps[at + 1]):
        return " (clocks went back that night: write the times in UTC)"
    return ""
