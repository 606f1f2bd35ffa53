"""Times with a zone: on which clock the steps are even."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data.times._moments import Stamps

from ._grid import Grid, infer_grid
from ._spacing import DAY, Spacing


def choose_grid(
    stamps: Stamps, source: object, expected: Spacing | None, others: pl.DataFrame
) -> tuple[Grid, list[str], str]:
    """Return the grid, in UTC or on the zone's clocks, a note which, and the zone.

    Days, weeks and months begin at the same hour of the zone's clocks; they
    count as its dates. Anything else counts in UTC, where no hour is put in
    or left out; steps of some hours that are even on the zone's clocks only
    count there.

    Returns
    -------
    tuple of Grid, list of str, str
        The zone is "" unless the times are in UTC and its name is known.

    Raises
    ------
    InputError
        The times fit no grid.
    """

    def inferred(values: np.ndarray, *, rounding: bool = True) -> Grid:
        return infer_grid(
            values,
            source,
            per=stamps.per,
            expected=expected,
            others=others,
            rounding=rounding,
        )

    local = stamps.local
    if local is None:
        return inferred(stamps.values), [], ""
    in_utc = f"times in {stamps.zone} were converted to UTC"
    zone = stamps.zone if _is_named(stamps.zone) else ""
    if zone:
        in_utc = f"steps are even in UTC; days and hours are those of {zone}"
    in_zone = f"times are those of {stamps.zone}, not UTC"
    wanted = expected.step if expected else DAY
    if _one_clock(local) and wanted >= DAY and len(local) > 1:
        try:
            grid = inferred(local)
        except InputError:
            pass
        else:
            if grid.spacing.step >= DAY:
                return grid, [in_zone], ""
    if expected is None or not expected.local:
        try:
            grid = inferred(stamps.values, rounding=False)
        except InputError:
            pass
        else:
            opened = _opened(local, len(grid.stamps), grid.length, source)
            if opened is not None:
                return opened, [in_zone], ""
            return grid, [in_utc], zone
    try:
        plain = replace(expected, local=False) if expected else None
        grid = infer_grid(local, source, expected=plain, rounding=False)
    except InputError:
        return inferred(stamps.values), [in_utc], zone
    return replace(grid, spacing=replace(grid.spacing, local=True)), [in_zone], ""


def _is_named(zone: str) -> bool:
    """Return whether a zone is one by name, such as Europe/Berlin."""
    try:
        return bool(zone) and ZoneInfo(zone) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _opened(local: np.ndarray, rows: int, length: int, source: object) -> Grid | None:
    """Return the grid of the zone's clocks if the rows keep to some of its hours."""
    if length == rows:
        return None
    try:
        grid = infer_grid(local, source, rounding=False)
    except InputError:
        return None
    if grid.spacing.opening is None or grid.length >= length:
        return None
    return replace(grid, spacing=replace(grid.spacing, local=True))


def _one_clock(local: np.ndarray) -> bool:
    clock = local - local.astype("M8[D]")
    return bool((clock == clock[0]).all())
