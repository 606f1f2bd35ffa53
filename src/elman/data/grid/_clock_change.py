"""The hour that local clocks show twice when they are put back."""

from __future__ import annotations

import numpy as np
import polars as pl

_HOUR = np.timedelta64(3600, "s")


def changes_clocks(when: np.datetime64) -> bool:
    """Return whether clocks are usually put back in that night, somewhere."""
    day = when.astype("M8[D]")
    hour = int((when - day).astype("m8[h]").astype(int))
    month = int(when.astype("M8[M]").astype(int)) % 12 + 1
    sunday = int(day.astype(int)) % 7 == 3  # 1970-01-01 was a Thursday.
    return sunday and hour <= 3 and month in (3, 4, 9, 10, 11)


def without_repeated_hours(
    stamps: np.ndarray, frame: pl.DataFrame
) -> tuple[np.ndarray, pl.DataFrame, np.ndarray, list[str]] | None:
    """Return a series of local hours with each hour once, or None if none is twice.

    The rows of an hour that comes twice in a night on which clocks are put back
    become one: the mean of numbers, the first of anything else.

    Parameters
    ----------
    stamps : numpy.ndarray
        (rows,), datetime64[s].
    frame : polars.DataFrame
        The columns beside the times.

    Returns
    -------
    tuple or None
        Times, columns, the row that each row came from, and a note. None as well
        where rows run back for another reason.
    """
    if stamps.dtype != "M8[s]" or len(stamps) < 3:
        return None
    gaps = np.diff(stamps)
    back = np.flatnonzero(gaps <= np.timedelta64(0, "s"))
    ahead = gaps[gaps > np.timedelta64(0, "s")]
    if not len(back) or not len(ahead):
        return None
    step = ahead.min()
    count, rest = divmod(_HOUR, step)
    if rest or not (gaps[back] == step - _HOUR).all():
        return None
    # The first of each hour that comes again, and its rows both times.
    again = (back[:, None] + 1 + np.arange(int(count))).ravel()
    first = again - int(count)
    if first.min() < 0 or again.max() >= len(stamps):
        return None
    if not all(changes_clocks(stamps[i + 1]) for i in back):
        return None
    if np.isin(first, again).any() or (stamps[first] != stamps[again]).any():
        return None
    kept = np.delete(np.arange(len(stamps)), again)
    columns = [_merged(frame[name], first, again, kept) for name in frame.columns]
    day = stamps[back[0] + 1].astype("M8[D]")
    when = (
        f"{len(back)} nights from {day} on" if len(back) > 1 else f"the night of {day}"
    )
    note = (
        f"clocks went back in {when}: of the hour that comes twice the mean was taken;"
        " the hour that is skipped in spring counts as missing"
    )
    return stamps[kept], pl.DataFrame(columns), kept, [note]


def _merged(
    column: pl.Series, first: np.ndarray, again: np.ndarray, kept: np.ndarray
) -> pl.Series:
    if not column.dtype.is_numeric():
        return column.gather(kept)
    one, other = column.gather(first), column.gather(again)
    pair = pl.DataFrame({"one": one.cast(pl.Float64), "other": other.cast(pl.Float64)})
    mean = pair.select(pl.mean_horizontal("one", "other")).to_series()
    whole = column.dtype.is_integer() and bool(
        (mean == mean.round()).fill_null(True).all()
    )
    values = column if whole else column.cast(pl.Float64)
    return values.scatter(first, mean.cast(values.dtype)).gather(kept)
