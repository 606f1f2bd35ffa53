"""Times put on the grid they describe: the step found, gaps counted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import place, row_name

from ._order import check_order
from ._rates import rate_of
from ._rounding import onto_grid
from ._spacing import DAY, UNITS, Spacing, place_units, whole_months
from ._weekly import note_on, opening_of, weekdays_of

# A grid this many times longer than the rows means a mistyped time, not gaps.
_LARGEST_GROWTH = 10
# A gap less frequent than this is an oddity, not the step.
_RARE = 0.2


@dataclass(frozen=True)
class Grid:
    """Where each row stands.

    Attributes
    ----------
    stamps : numpy.ndarray
        (rows,): the rows' times, as they are or moved onto the grid.
    ordinals : numpy.ndarray
        (rows,): the element of the axis each row is, from 0.
    spacing : Spacing
        From one element to the next.
    notes : list of str
        What was decided.
    """

    stamps: np.ndarray
    ordinals: np.ndarray
    spacing: Spacing
    notes: list[str] = field(default_factory=list)

    @property
    def length(self) -> int:
        """How many elements the axis has from the first row to the last."""
        return int(self.ordinals[-1]) + 1

    def axis(self) -> np.ndarray:
        """Return the times of all elements."""
        units = np.arange(self.length, dtype=np.int64) * self.spacing.stride
        return place_units(self.stamps, units, self.spacing)


def infer_grid(
    stamps: np.ndarray,
    source: object = None,
    *,
    per: int = 1,
    expected: Spacing | None = None,
    others: pl.DataFrame | None = None,
    rounding: bool = True,
) -> Grid:
    """Return the grid the times lie on.

    The step is the most frequent difference, or the smallest where that is
    frequent too and every difference is a multiple of it. Calendar months are
    tried before seconds; days that leave out the same weekdays every week are
    counted on those that are there. Times a little beside an even grid are
    moved onto it.

    Parameters
    ----------
    stamps : numpy.ndarray
        Shape (rows,): datetime64, or int64 parts of a count.
    source : object, optional
        The file to name.
    per : int
        Parts of a count.
    expected : Spacing, optional
        What the step should be; it is taken if the times fit it.
    others : polars.DataFrame, optional
        The columns beside the times, for the message where times repeat.
    rounding : bool
        Whether times beside the grid may be moved onto it.

    Raises
    ------
    InputError
        Times run backwards, repeat, or do not fit one step: the first row
        concerned is named.
    """
    check_order(stamps, source, others)
    grid = _expected(stamps, per, expected, rounding=rounding) if expected else None
    if grid is None and stamps.dtype.kind == "M":
        grid = _months(stamps) or _weekdays(stamps)
    if grid is None:
        grid = _open(_even(stamps, per, source, rounding=rounding))
    _check_growth(grid, stamps, source)
    return grid


def _expected(
    stamps: np.ndarray, per: int, spacing: Spacing, *, rounding: bool
) -> Grid | None:
    dated = stamps.dtype.kind == "M"
    if dated == (spacing.unit == "counts"):
        return None
    if spacing.unit == "seconds":
        finer = stamps.astype(f"M8[{UNITS[spacing.per]}]")
        if (finer != stamps).any():
            return _rounded(stamps, per, spacing) if rounding else None
        stamps = finer
    elif not dated and spacing.per % per:
        return None
    elif not dated:
        stamps = stamps * (spacing.per // per)
    units = spacing.units(stamps)
    if units is None or (units % spacing.stride).any():
        steady = spacing.unit == "seconds" and rounding
        return _rounded(stamps, per, spacing) if steady else None
    ordinals = units // spacing.stride
    # Every other element alone is another spacing, not one with gaps.
    if len(ordinals) > 2 and np.gcd.reduce(np.diff(ordinals)) > 1:
        return None
    return Grid(_shown(stamps, spacing.per), ordinals, spacing)


def _months(stamps: np.ndarray) -> Grid | None:
    if len(stamps) < 2:
        return None
    units = whole_months(stamps)
    note = []
    if units is None:
        units, stamps = _month_by_month(stamps)
        if units is None:
            return None
        note = [
            "the rows come once a month on different days, and count as its"
            f" {'end' if stamps[0].astype('M8[D]').astype(object).day > 1 else 'start'}"
        ]
    gaps = np.diff(units)
    stride = common_gap(gaps)
    if (gaps % stride).any():
        return None
    return Grid(stamps, units // stride, Spacing("months", stride), note)


def _month_by_month(stamps: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """Return months where every row is near its month's end, or its start.

    The last working day of a month is an example. Days that are evenly apart
    are no months.
    """
    days, months = stamps.astype("M8[D]"), stamps.astype("M8[M]")
    gaps = np.diff(days).astype(np.int64)
    enough = len(stamps) >= 4 and (stamps - days == stamps[0] - days[0]).all()
    if not enough or gaps.min() < 25 or not (gaps % common_gap(gaps)).any():
        return None, stamps
    start = months.astype("M8[D]")
    end = (months + 1).astype("M8[D]") - 1
    for anchor, far in ((end, end - days), (start, days - start)):
        if (far.astype(np.int64) <= 3).all():
            moved = anchor + (stamps[0] - days[0])
            return (months - months[0]).astype(np.int64), moved.astype(stamps.dtype)
    return None, stamps


def _weekdays(stamps: np.ndarray) -> Grid | None:
    """Return the grid of a series that leaves out the same weekdays every week."""
    days = stamps.astype("M8[D]")
    if len(stamps) < 8 or not (stamps - days == stamps[0] - days[0]).all():
        return None
    gaps = np.diff(days).astype(np.int64)
    week = weekdays_of(days) if common_gap(gaps) < 7 else None
    if week is None:
        return None
    units = np.busday_count(days[0], days, weekmask=week)
    return Grid(stamps, units, Spacing("weekdays", 1, week=week), [note_on(week)])


def _open(grid: Grid) -> Grid:
    """Return the grid without the hours and weekdays that its rows leave out."""
    spacing = grid.spacing
    if spacing.unit != "seconds" or spacing.per != 1 or grid.length == len(grid.stamps):
        return grid
    found = opening_of(grid.stamps, spacing.stride)
    if found is None:
        return grid
    opening, note = found
    units = opening.units(grid.stamps)
    if units is None:
        return grid
    return Grid(
        grid.stamps, units, Spacing("open", 1, opening=opening), [*grid.notes, note]
    )


def _even(stamps: np.ndarray, per: int, source: object, *, rounding: bool) -> Grid:
    dated = stamps.dtype.kind == "M"
    unit = "seconds" if dated else "counts"
    if dated:
        per = next(p for p, name in UNITS.items() if stamps.dtype == f"M8[{name}]")
    units = (stamps - stamps[0]).astype(np.int64)
    gaps = np.diff(units)
    stride = common_gap(gaps)
    spacing = Spacing(unit, stride, per)
    uneven = np.flatnonzero(gaps % stride)
    if not len(uneven):
        return Grid(_shown(stamps, per), units // stride, spacing)
    rate = rate_of(units, per) if dated else None
    if rate is not None:
        spacing, ordinals = Spacing("rate", 1, rate[0]), rate[1]
        return Grid(place_units(stamps, ordinals, spacing), ordinals, spacing)
    moved = _rounded(stamps, per, None) if rounding else None
    if moved is not None:
        return moved
    at = int(uneven[0])
    raise InputError(
        f"{place(source)}{row_name(at + 1, source)}: the time"
        f" {_shown(stamps, per)[at + 1]} comes {_span(unit, int(gaps[at]), per)} after"
        f" the row before, while the series is {spacing.name}"
        f" ({len(uneven)} rows do not fit); resample it"
        " to even steps first, or give '' as the time to count rows"
    )


def _rounded(stamps: np.ndarray, per: int, expected: Spacing | None) -> Grid | None:
    """Return the grid that all times lie a little beside, or None."""
    dated = stamps.dtype.kind == "M"
    if dated:
        per = next(p for p, name in UNITS.items() if stamps.dtype == f"M8[{name}]")
    stride = None
    if expected is not None:
        whole, rest = divmod(expected.stride * per, expected.per)
        if rest:
            return None
        stride = whole
    found = onto_grid(stamps.astype(np.int64), per, stride)
    if found is None:
        return None
    spacing = Spacing("seconds" if dated else "counts", found.stride, per)
    ticks = found.start + found.ordinals * found.stride
    moved = ticks.astype(stamps.dtype)
    if dated and (moved == moved.astype("M8[s]")).all() and not found.stride % per:
        moved = moved.astype("M8[s]")
        spacing = replace(spacing, stride=found.stride // per, per=1)
    note = (
        f"{found.moved} of {len(stamps)} times lie beside even steps"
        f" ({spacing.name}), by {_span(spacing.unit, found.farthest, per)} at most, and"
        " were moved onto them"
    )
    return Grid(_shown(moved, spacing.per), found.ordinals, spacing, [note])


def _check_growth(grid: Grid, stamps: np.ndarray, source: object) -> None:
    if grid.length <= _LARGEST_GROWTH * len(stamps) + 1000:
        return
    gaps = np.diff(grid.ordinals)
    at = int(np.argmax(gaps))
    raise InputError(
        f"{place(source)}{row_name(at + 1, source)}: the time jumps from"
        f" {grid.stamps[at]} to {grid.stamps[at + 1]}, {int(gaps[at])} steps; correct"
        " that time, or keep the rows on one side of the gap"
    )


def common_gap(gaps: np.ndarray) -> int:
    """Return the step that the differences between rows tell of."""
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


def _shown(stamps: np.ndarray, per: int) -> np.ndarray:
    """Return times as the axis holds them: counts in parts become decimals."""
    return stamps if stamps.dtype.kind == "M" or per == 1 else stamps / per


def _span(unit: str, amount: int, per: int = 1) -> str:
    if unit == "counts":
        return f"{amount / per:.12g}"
    whole, parts = divmod(amount, per)
    days, rest = divmod(whole, DAY)
    clock = f"{rest // 3600}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    if parts:
        clock += f"{parts / per:.6f}".rstrip("0")[1:]
    return f"{days} d {clock}" if days else clock
