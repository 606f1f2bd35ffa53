"""Times with a zone: on which clock the steps are even."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from elman._errors import InputError

from ._grid import Grid, infer_grid
from ._moments import Stamps
from ._spacing import DAY, Spacing


def choose_grid(
    stamps: Stamps, source: object, expected: Spacing | None, others: pl.DataFrame
) -> tuple[Grid, list[str]]:
    """Return the grid, in UTC or on the zone's clocks, and a note which.

    Days, weeks and months begin at the same hour of the zone's clocks; they
    count as its dates. Anything else counts in UTC, where no hour is put in
    or left out; steps of some hours that are even on the zone's clocks only
    count there.

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
        return inferred(stamps.values), []
    in_utc = f"times in {stamps.zone} were converted to UTC"
    in_zone = f"times are those of {stamps.zone}, not UTC"
    wanted = expected.step if expected else DAY
    if _one_clock(local) and wanted >= DAY and len(local) > 1:
        try:
            grid = inferred(local)
        except InputError:
            pass
        else:
            if grid.spacing.step >= DAY:
                return grid, [in_zone]
    if expected is None or not expected.local:
        try:
            grid = inferred(stamps.values, rounding=False)
        except InputError:
            pass
        else:
            opened = _opened(local, len(grid.stamps), grid.length, source)
            return (opened, [in_zone]) if opened is not None else (grid, [in_utc])
    try:
        plain = replace(expected, local=False) if expected else None
        grid = infer_grid(local, source, expected=plain, rounding=False)
    except InputError:
        return inferred(stamps.values), [in_utc]
    return replace(grid, spacing=replace(grid.spacing, local=True)), [in_zone]


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
