"""Which column plays which part in a forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data import RegularSeries, column_names, numeric_column, require_column

from ._columns import Column, inspect, numbers_in_words


def as_names(argument: str, value: str | Sequence[str] | None) -> list[str]:
    """Return column names from one name or several; a comma does not split."""
    if value is None:
        return []
    names = column_names(argument, value)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{argument} names {twice[0]!r} twice")
    return names


def check_targets(series: RegularSeries, targets: list[str], source: object) -> int:
    """Return one past the last row in which every target could be observed.

    Raises
    ------
    InputError
        No such column, text or infinite values in it, or nothing at all.
    """
    if not targets:
        raise InputError("target is empty; name the column to forecast")
    last = 0
    for name in targets:
        values = numeric_column(series.frame, name, source, rows=series.rows)
        observed = np.flatnonzero(~np.isnan(values))
        if not len(observed):
            raise InputError(f"column {name!r} has no values; nothing to forecast")
        last = max(last, int(observed[-1]) + 1)
    return last


def check_training(
    raw: NDArray[np.float64], targets: list[str], source: object
) -> None:
    """Raise if a target has no value among the training rows, (n, K)."""
    where = f"{source}: " if source else ""
    for name, values in zip(targets, raw.T, strict=True):
        if not np.isfinite(values).any():
            raise InputError(
                f"{where}column {name!r} has no values in the training part, "
                f"its first {len(raw):,} rows; leave it out of the targets, or give a "
                "smaller test part"
            )


def assign_roles(
    series: RegularSeries,
    train_rows: int,
    targets: list[str],
    known: list[str],
    past: list[str] | None,
    ignore: list[str],
    source: object,
    *,
    named: bool = True,
) -> tuple[list[Column], list[Column], list[str]]:
    """Return known columns, past columns, and notes on what was left out.

    Parameters
    ----------
    series : RegularSeries
        The whole of it.
    train_rows : int
        Only these decide what a column is.
    targets, known, ignore : list of str
    past : list of str or None
        None takes every column not named elsewhere: known only up to the
        present, the assumption that cannot leak the future.
    source : object
        The file, for messages.
    named : bool
        Whether someone named the known columns, so that one that cannot be used is
        an error, and no note.
    """
    for argument, names in (("known", known), ("past", past or []), ("ignore", ignore)):
        for name in names:
            require_column(series.frame, name, source)
            if name in targets:
                raise InputError(f"{name!r} is the target, it cannot be in {argument}")
    both = sorted(set(known) & set(past or []))
    if both:
        raise InputError(
            f"{both[0]!r} is in known and in past; keep it in one: known if its future "
            "values are given, past if not"
        )
    columns_known, first = _inspected(series, train_rows, known, source, asked=named)
    if past is not None:
        columns_past, notes = _inspected(series, train_rows, past, source, asked=True)
        return columns_known, columns_past, first + notes
    taken = {*targets, *known, *ignore}
    others = [name for name in series.frame.columns if name not in taken]
    columns_past, notes = _inspected(series, train_rows, others, source, asked=False)
    return columns_known, columns_past, first + notes


def _inspected(
    series: RegularSeries,
    train_rows: int,
    names: list[str],
    source: object,
    *,
    asked: bool,
) -> tuple[list[Column], list[str]]:
    """Return the usable columns, and why the others are left out."""
    columns, notes = [], []
    for name in names:
        found = inspect(series.frame[:train_rows], name, asked=asked)
        if isinstance(found, str):
            notes.append(found)
            continue
        if found.kind == "number":
            numeric_column(series.frame, name, source, rows=series.rows)
        else:
            notes += numbers_in_words(series.frame[:train_rows], found, source)
        columns.append(found)
    return columns, notes
