"""The regular grid a series lives on: seconds, calendar months, or plain counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from elman._errors import InputError

from ._columns import place, row_name

_MEAN_MONTH = 2_629_746  # Seconds: a twelfth of the mean Gregorian year.
_NAMES = {
    ("seconds", 1): "every second",
    ("seconds", 60): "every minute",
    ("seconds", 3600): "hourly",
    ("seconds", 86400): "daily",
    ("seconds", 604800): "weekly",
    ("months", 1): "monthly",
    ("months", 3): "quarterly",
    ("months", 12): "yearly",
    ("counts", 1): "one row a step",
}
# A grid this many times longer than the rows means a mistyped time, not gaps.
_LARGEST_GROWTH = 10
# A gap less frequent than this is an oddity, not the step.
_RARE = 0.2


@dataclass(frozen=True)
class TimeAxis:
    """An evenly spaced axis: element t is ``start + t·stride`` in its unit.

    Attributes
    ----------
    columns : tuple of str
        The columns the times came from; empty when rows are counted.
    values : numpy.ndarray
        Shape (T,): datetime64[s], or int64 for counts.
    unit : {"seconds", "months", "counts"}
        What one unit of the stride is.
    stride : int
        Units from one element to the next.
    """

    columns: tuple[str, ...]
    values: np.ndarray
    unit: str
    stride: int

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self.values)

    @property
    def step(self) -> int:
        """Seconds from one element to the next (on average, for months), or 1."""
        scale = {"seconds": 1, "months": _MEAN_MONTH}.get(self.unit)
        return 1 if scale is None else scale * self.stride

    @property
    def freq(self) -> str:
        """The spacing in words: hourly, daily, every 15 minutes, monthly, …."""
        return step_name(self.unit, self.stride)

    @property
    def is_dated(self) -> bool:
        """Whether the elements are dates, so that they have a calendar."""
        return bool(np.issubdtype(self.values.dtype, np.datetime64))

    def after(self, count: int) -> np.ndarray:
        """Return the next `count` elements beyond the last."""
        return self.extended(len(self) + count)[len(self) :]

    def extended(self, length: int) -> np.ndarray:
        """Return the axis from its start, `length` elements long."""
        ordinals = np.arange(length, dtype=np.int64) * self.stride
        return place_ordinals(self.values, ordinals, self.unit)


def step_name(unit: str, stride: int) -> str:
    """Return a spacing in words."""
    known = _NAMES.get((unit, stride))
    if known is not None:
        return known
    if unit == "counts":
        return f"every {stride} counts"
    if unit == "months":
        return (
            f"every {stride // 12} years"
            if stride % 12 == 0
            else f"every {stride} months"
        )
    for size, word in ((604800, "weeks"), (86400, "days"), (3600, "hours")):
        if stride % size == 0:
            return f"every {stride // size} {word}"
    return (
        f"every {stride // 60} minutes"
        if stride % 60 == 0
        else f"every {stride} seconds"
    )


def place_ordinals(stamps: np.ndarray, ordinals: np.ndarray, unit: str) -> np.ndarray:
    """Return the times `ordinals` units after the first of `stamps`."""
    first = stamps[0]
    if unit == "counts":
        return np.asarray(first + ordinals)
    if unit == "seconds":
        return np.asarray(first + ordinals.astype("m8[s]"))
    month = first.astype("M8[M]")
    within = first - month.astype("M8[s]")
    months = month + ordinals.astype("m8[M]")
    if _at_month_end(stamps):
        clock = first - first.astype("M8[D]").astype("M8[s]")
        last = (months + 1).astype("M8[D]") - 1
        return np.asarray(last.astype("M8[s]") + clock)
    return np.asarray(months.astype("M8[s]") + within)


def infer_grid(
    stamps: np.ndarray, source: object = None
) -> tuple[np.ndarray, str, int]:
    """Return each row's ordinal on the grid, the unit and the stride.

    The step is the most frequent difference, or the smallest where that is
    frequent too and every difference is a multiple of it. Whole calendar
    months are tried before seconds.

    Raises
    ------
    InputError
        Times run backwards, repeat, or do not fit one step: the first row
        concerned is named.
    """
    where = place(source)
    _check_order(stamps, where, source)
    if stamps.dtype.kind != "M":
        units, unit = stamps - stamps[0], "counts"
    else:
        months = _whole_months(stamps)
        if months is not None:
            units, unit = months, "months"
        else:
            units, unit = (stamps - stamps[0]).astype(np.int64), "seconds"
    gaps = np.diff(units)
    stride = _stride(gaps)
    uneven = np.flatnonzero(gaps % stride)
    if len(uneven):
        at = int(uneven[0])
        raise InputError(
            f"{where}{row_name(at + 1, source)}: the time {stamps[at + 1]} comes"
            f" {_span(unit, int(gaps[at]))} after the row before, while the series is"
            f" {step_name(unit, stride)} ({len(uneven)} rows do not fit); resample it"
            " to even steps first, or give '' as the time to count rows"
        )
    length = int(units[-1]) // stride + 1
    if length > _LARGEST_GROWTH * len(stamps) + 1000:
        at = int(np.argmax(gaps))
        raise InputError(
            f"{where}{row_name(at + 1, source)}: the time jumps from {stamps[at]} to"
            f" {stamps[at + 1]}, {int(gaps[at]) // stride} steps; correct that time, or"
            " keep the rows on one side of the gap"
        )
    return units // stride, unit, stride


def _check_order(stamps: np.ndarray, where: str, source: object) -> None:
    gaps = np.diff(stamps).astype(np.int64)
    backwards, repeated = np.flatnonzero(gaps < 0), np.flatnonzero(gaps == 0)
    if len(repeated) and (not len(backwards) or repeated[0] < backwards[0]):
        at = int(repeated[0])
        raise InputError(
            f"{where}{row_name(at + 1, source)}: the time {stamps[at + 1]} repeats the"
            f" row before ({len(repeated)} such rows); keep one row for each time, and"
            f" one series to a file{_clock_change(stamps, at)}"
        )
    if len(backwards):
        at = int(backwards[0])
        if len(np.unique(stamps)) < len(stamps):
            raise InputError(
                f"{where}{row_name(at + 1, source)}: the times start over at"
                f" {stamps[at + 1]} after {stamps[at]}, and some repeat; keep one row"
                f" for each time, and one series to a file{_clock_change(stamps, at)}"
            )
        raise InputError(
            f"{where}{row_name(at + 1, source)}: the time {stamps[at + 1]} lies before"
            f" {stamps[at]} of the row before ({len(backwards)} such rows); sort the"
            " rows by time"
        )


def _clock_change(stamps: np.ndarray, at: int) -> str:
    """Return a hint if the repetition sits where clocks are set back in autumn."""
    if stamps.dtype.kind != "M":
        return ""
    when = stamps[at + 1]
    day = when.astype("M8[D]")
    hour = int((when - day).astype("m8[h]").astype(int))
    month = int(when.astype("M8[M]").astype(int)) % 12 + 1
    sunday = int(day.astype(int)) % 7 == 3  # 1970-01-01 was a Thursday.
    if sunday and hour <= 3 and month in (3, 4, 9, 10, 11):
        return " (clocks went back that night: write the times in UTC)"
    return ""


def _whole_months(stamps: np.ndarray) -> np.ndarray | None:
    """Return months since the first time if all fall on the same day of a month."""
    if len(stamps) < 2 or np.diff(stamps).astype(np.int64).min() < 28 * 86400:
        return None
    month = stamps.astype("M8[M]")
    within = stamps - month.astype("M8[s]")
    clock = stamps - stamps.astype("M8[D]").astype("M8[s]")
    at_end = _at_month_end(stamps) and (clock == clock[0]).all()
    if not at_end and not (within == within[0]).all():
        return None
    return np.asarray((month - month[0]).astype(np.int64))


def _at_month_end(stamps: np.ndarray) -> bool:
    """Return whether every time is on its month's last day, whatever its number."""
    tomorrow = (stamps.astype("M8[D]") + 1).astype("M8[D]")
    return bool((tomorrow == tomorrow.astype("M8[M]").astype("M8[D]")).all())


def _stride(gaps: np.ndarray) -> int:
    if not len(gaps):
        return 1
    sizes, counts = np.unique(gaps, return_counts=True)
    common = int(sizes[np.argmax(counts)])
    # Where many rows are missing, the true step need not be the commonest gap.
    smallest, seen = int(sizes[0]), int(counts[0])
    frequent = seen > 1 and seen >= _RARE * len(gaps)
    if frequent and (gaps % common).any() and not (gaps % smallest).any():
        return smallest
    return common


def _span(unit: str, amount: int) -> str:
    if unit == "months":
        return f"{amount} months"
    if unit == "counts":
        return str(amount)
    days, rest = divmod(amount, 86400)
    clock = f"{rest // 3600}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock
