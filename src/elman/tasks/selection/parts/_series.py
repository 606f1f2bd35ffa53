"""Folds of a series: what is scored always follows what was learned from."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import polars as pl
from sklearn.model_selection import TimeSeriesSplit

from elman._errors import InputError
from elman.data import numeric_column, to_table
from elman.tasks.forecast.answers._form import asked_for
from elman.tasks.forecast.answers._reading import series_to_fit
from elman.tasks.forecast.columns._roles import as_names, check_targets
from elman.tasks.forecast.rows._size import default_horizon, whole_test
from elman.tasks.forecast.rows._split import test_row
from elman.tasks.panel._reading import given_panel

from ._fold import Fold, digest_of


class SeriesData:
    """A series, folds at rolling origins, and an end that the search never sees.

    Before each scored block a gap of horizon - 1 rows is left out of what is learned
    from, so that no forecast learned from reaches into the block, not even by a column
    that holds the near future.

    Parameters
    ----------
    estimator : Forecaster
        Its horizon decides on the gap.
    frame : path, data frame, Table or dict
        As for ``fit``.
    folds : int
    test : int, float, str or date
        As for ``fit``.
    fit
        What else ``fit`` takes.

    Raises
    ------
    InputError
        The table holds many series, or the series is too short for the folds.
    """

    def __init__(
        self,
        estimator: Any,
        frame: Any,
        target: Any = None,
        time: Any = None,
        *,
        folds: int,
        test: Any = 0.15,
        y: Any = None,
        missing: Any = (),
        source: object = None,
        sample_weight: Any = None,
        id: Any = None,  # noqa: A002
        wide: bool | None = None,
        static: Any = None,
        known: Any = (),
        past: Any = None,
        ignore: Any = (),
    ) -> None:
        if given_panel(frame, target, y, time, id, wide, missing, source):
            raise InputError(
                "the table holds many series, and a search takes one: choose the"
                " parameters on one that is like the others, filtered by its id"
            )
        asked = asked_for(frame, target, y)
        # Read once: all that follows takes the first rows of this table.
        self._table = to_table(asked.frame, missing=missing)
        roles = (asked.target, known, past, ignore)
        series, _, source = series_to_fit(self._table, time, (), source, roles)
        targets = as_names("target", asked.target)
        rows = check_targets(series, targets, source)
        columns = series.frame.columns
        known, past = asked.roles(columns, known, past, ignore)
        self._fit = {"target": asked.target, "time": time, "known": known}
        self._fit |= {"past": past, "ignore": ignore, "missing": missing}
        self._fit["source"] = source
        self._weights, self._rows = sample_weight, series.rows
        self._horizon = int(
            estimator.horizon or default_horizon(series.time, float(series.step), rows)
        )
        held, _ = whole_test(test, rows, self._horizon)
        start = test_row(series.time, rows, held)
        if rows - start < self._horizon:
            raise InputError(
                f"test={test!r} holds out {rows - start} rows, fewer than the horizon"
                f" of {self._horizon}: the chosen parameters are scored there"
            )
        values = [numeric_column(series.frame, name) for name in targets]
        self._observed = ~np.isnan(np.column_stack(values)).all(1)
        block = max(self._horizon, start // (2 * folds))
        gap = self._horizon - 1
        splitter = TimeSeriesSplit(folds, test_size=block, gap=gap)
        try:
            parts = list(splitter.split(np.arange(start)))
        except ValueError:
            raise InputError(
                f"{folds} folds of {block} rows with a gap of {gap} do not fit into the"
                f" {start} rows before the test part; give fewer folds, a shorter"
                " horizon or a longer series"
            ) from None
        self.words = f"{folds} rolling origins, {block} rows each after a gap of {gap}"
        self.folds = [
            self._fold(
                number, int(learned[-1]) + 1, int(scored[0]), int(scored[-1]) + 1
            )
            for number, (learned, scored) in enumerate(parts, 1)
        ]
        count = int(rows - start)
        self.test = Fold(
            f"test, the last {count} rows",
            lambda e: e.fit(self._table, **self._fitting(None), test=count),
            lambda e: float(e.score(self._table, start=count, **self._scoring(None))),
        )

    def settled(self, estimator: Any) -> Any:
        """Return the estimator with one horizon for all folds."""
        return estimator.set_params(horizon=self._horizon)

    def digest(self) -> str:
        """Return what tells these data from others."""
        frame = self._table.frame
        parts = [frame[name].to_numpy() for name in frame.columns]
        return digest_of([*frame.columns, *parts, self._horizon])

    def _fold(self, number: int, learned: int, first: int, stop: int) -> Fold:
        seen = np.flatnonzero(self._observed[:stop])
        count = int(seen[-1]) + 1 - first if len(seen) else 0
        if count < 1:
            raise InputError(
                f"fold {number}: rows {first + 1} to {stop} have no observed target;"
                " give fewer folds"
            )
        before, whole = self._raw(learned), self._raw(stop)
        return Fold(
            f"fold {number}: rows 1 to {learned}, scored on {first + 1} to {stop}",
            lambda e: e.fit(self._first(before), **self._fitting(before)),
            lambda e: float(
                e.score(self._first(whole), start=count, **self._scoring(whole))
            ),
        )

    def _raw(self, row: int) -> int:
        """Return how many rows of the table come before a row of the regular series."""
        later = self._rows[row:]
        later = later[later >= 0]
        return int(later[0]) if len(later) else self._table.frame.height

    def _first(self, rows: int) -> Any:
        frame: pl.DataFrame = self._table.frame[:rows]
        return dataclasses.replace(self._table, frame=frame)

    def _fitting(self, rows: int | None) -> dict[str, Any]:
        return self._fit | self._weighing(rows)

    def _scoring(self, rows: int | None) -> dict[str, Any]:
        return self._weighing(rows) | {"source": self._fit["source"]}

    def _weighing(self, rows: int | None) -> dict[str, Any]:
        weights = self._weights
        if weights is None or isinstance(weights, str):
            return {} if weights is None else {"sample_weight": weights}
        return {"sample_weight": np.asarray(weights)[slice(rows)]}
