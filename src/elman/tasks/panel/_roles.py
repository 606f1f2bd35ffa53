"""Which column plays which part where there are many series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data import Panel, RegularSeries, require_column
from elman.tasks.forecast.columns._columns import Column, inspect
from elman.tasks.forecast.columns._roles import as_names, assign_roles

Names = str | Sequence[str]


@dataclass(frozen=True)
class PanelRoles:
    """The covariates: given ahead, known up to the present, constant in a series."""

    known: list[Column]
    past: list[Column]
    static: list[Column]


def panel_roles(
    panel: Panel,
    training: np.ndarray,
    target: str,
    known: Names,
    past: Names | None,
    static: Names | None,
    ignore: Names,
    source: object,
) -> tuple[PanelRoles, list[str]]:
    """Return the roles of all columns, and notes on what was left out.

    Parameters
    ----------
    panel : Panel
    training : ndarray
        (T,) bool: only these rows decide what a column is.
    target : str
    known, past, ignore : str or sequence of str
        As for `Forecaster.fit`.
    static : str, sequence of str or None
        None takes the columns that never change within a series.
    source : object
        The file, for messages.
    """
    first = np.argsort(~training, kind="stable")
    rows = int(training.sum())
    # The training rows first, as those decide.
    series = RegularSeries(panel.frame[first], panel.axis, panel.rows[first])
    given_known, given_past = as_names("known", known), as_names("past", past)
    asked = as_names("static", static)
    ignored = as_names("ignore", ignore)
    for name in asked:
        require_column(panel.frame, name, source)
        if name == target:
            raise InputError(f"{name!r} is the target, it cannot be in static")
        if name in given_known or name in given_past:
            other = "known" if name in given_known else "past"
            raise InputError(f"{name!r} is in static and in {other}; keep it in one")
    taken = {target, *given_known, *given_past, *ignored}
    owner = np.repeat(np.arange(len(panel)), panel.lengths)
    candidates = [n for n in panel.frame.columns if n not in taken]
    constant = _constant(panel.frame, candidates, owner) if len(panel) > 1 else []
    for name in asked:
        if name not in constant and len(panel) > 1:
            raise InputError(
                f"column {name!r} changes within a series, it is not static; leave it"
                " out of static, or name it in known or past"
            )
    named = asked if static is not None else constant
    columns, notes = [], []
    for name in named:
        found = inspect(series.frame[:rows], name, asked=name in asked)
        if isinstance(found, str):
            notes.append(found)
        else:
            columns.append(found)
    known_columns, past_columns, more = assign_roles(
        series,
        rows,
        [target],
        given_known,
        None if past is None else given_past,
        [*ignored, *constant, *asked],
        source,
    )
    return PanelRoles(known_columns, past_columns, columns), notes + more


def _constant(frame: pl.DataFrame, names: list[str], owner: np.ndarray) -> list[str]:
    """Return the columns that have at most one value in each series."""
    if not names:
        return []
    counts = (
        frame.select(names)
        .with_columns(pl.Series("\0owner", owner))
        .group_by("\0owner")
        .agg([pl.col(name).drop_nulls().n_unique().alias(name) for name in names])
    )
    return [name for name in names if int(counts[name].max() or 0) <= 1]  # type: ignore[arg-type]
