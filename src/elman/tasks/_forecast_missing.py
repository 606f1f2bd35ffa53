"""Values that stand for a missing one, such as -9999."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data import RegularSeries


def missing_values(missing: object) -> tuple[float, ...]:
    """Return the numbers that ``missing`` names.

    Raises
    ------
    InputError
        They are no finite numbers.
    """
    if missing is None:
        return ()
    several = isinstance(missing, Iterable) and not isinstance(missing, str)
    given: list[Any] = list(missing) if several else [missing]  # type: ignore[call-overload]
    for one in given:
        number = isinstance(one, int | float | np.integer | np.floating)
        if not number or isinstance(one, bool) or not np.isfinite(one):
            raise InputError(
                f"missing must be a number that stands for a missing value, such as "
                f"-9999, or several, got {one!r:.40}; empty and NaN are missing anyway"
            )
    return tuple(float(one) for one in given)


def without(
    series: RegularSeries, missing: object, names: list[str] | None = None
) -> tuple[RegularSeries, list[str]]:
    """Return the series with these numbers missing, and a note on how many were.

    Parameters
    ----------
    series : RegularSeries
    missing : float, sequence of float or None
        As the user gave it.
    names : list of str, optional
        Only these columns; all numbers if not given.
    """
    values = missing_values(missing)
    if not values:
        return series, []
    changed, counts = [], []
    for column in series.frame.iter_columns():
        numeric = column.dtype.is_numeric()
        if not numeric or (names is not None and column.name not in names):
            continue
        hit = pl.Series([False]).new_from_index(0, len(column))
        for value in values:
            # In the column's own type: -9999.9 of 32 bits is another number of 64.
            own = pl.Series([value]).cast(column.dtype, strict=False)[0]
            if own is not None and np.isclose(own, value, rtol=1e-6, atol=0):
                hit = hit | (column == own).fill_null(value=False)
        if hit.any():
            counts.append(f"{int(hit.sum()):,} in {column.name!r}")
            changed.append(
                pl.select(pl.when(hit).then(None).otherwise(column))
                .to_series()
                .alias(column.name)
            )
    said = ", ".join(f"{value:g}" for value in values)
    if not counts:
        return series, [f"missing={said}: no column holds such a value"]
    frame = series.frame.with_columns(changed)
    note = f"missing={said}: {', '.join(counts)} count as missing"
    return dataclasses.replace(series, frame=frame), [note]
