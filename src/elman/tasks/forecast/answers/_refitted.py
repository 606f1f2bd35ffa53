"""Forecasts from many origins, each by a model fitted on what was known there."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._arguments import whole_number
from elman._errors import InputError
from elman.data import RegularSeries
from elman.tasks.forecast._fit import FittedForecast, fit_forecast
from elman.tasks.forecast._previous import Previous
from elman.tasks.forecast.columns._preparation import Prepared
from elman.tasks.forecast.columns._window_table import WindowTable
from elman.tasks.forecast.linear._blend import Blend
from elman.tasks.forecast.linear._blending import fitted_again, season_candidates
from elman.tasks.forecast.rows._windows import observed, origins_between
from elman.tasks.forecast.scores._backtest import Backtest


class Refitting:
    """How a backtest fits again: how often, on what, and with the network or not.

    Parameters
    ----------
    every : bool or int
        Origins from one fit to the next; True is 1.
    window : int or None
        Rows to fit on, the last before an origin; None for all.
    epochs : int
        That the network goes on for at each fit; 0 leaves it as it is.

    Raises
    ------
    InputError
        One of them is no such number.
    """

    def __init__(self, every: bool | int, window: int | None, epochs: int) -> None:
        self.every = 1 if every is True else whole_number("refit", every)
        self.window = None if window is None else whole_number("window", window)
        self.epochs = whole_number("epochs", epochs, least=0)

    def backtest(
        self,
        forecaster: Any,
        series: RegularSeries,
        data: Prepared,
        origins: NDArray[np.int64],
    ) -> Backtest:
        """Return the forecasts at these origins, which increase.

        Only rows before an origin are fitted on. Scales, roles and sizes stay those
        of the forecaster, and without epochs its intervals as well.
        """
        parts, model = [], forecaster
        for first in range(0, len(origins), self.every):
            block = origins[first : first + self.every]
            stop = int(block[0])
            start = 0 if self.window is None else max(0, stop - self.window)
            if self.epochs:
                model = self._gone_on(model, series, start, stop)
            else:
                model = copy.copy(forecaster)
                model.linear_ = self._linear(forecaster, data, start, stop)
            parts.append(model._forecast(data, block))
        return joined(parts)

    def _linear(self, forecaster: Any, data: Prepared, start: int, stop: int) -> Blend:
        """Return the linear part fitted on rows start … stop − 1."""
        preparation, horizon = forecaster.preparation_, forecaster.horizon_
        glitches = preparation.no_input(data.raw[:stop])
        rows = slice(start, stop)
        whole = data.table
        truth = np.where(glitches, np.nan, whole.truth[:stop])
        table = WindowTable(
            whole.lags[rows], truth[rows], whole.past[rows], whole.known[rows]
        )
        part = replace(data, table=table)
        known = origins_between(0, stop - start, forecaster.context_, horizon)
        known = observed(part, known, horizon)
        if not len(known):
            raise InputError(
                f"before the origin at row {stop} there are {stop - start} rows to fit"
                f" on, which hold no window of {forecaster.context_} steps back and"
                f" {horizon} ahead; give a later start, or a larger window"
            )
        seasons = season_candidates(
            forecaster.seasons_,
            float(forecaster.axis_["step"]),
            stop - start,
            dated=np.issubdtype(data.time.dtype, np.datetime64),
        )
        return fitted_again(
            forecaster.linear_,
            table,
            known,
            stop - start,
            seasons,
            squared=forecaster._squared,
        )

    def _gone_on(self, model: Any, series: RegularSeries, start: int, stop: int) -> Any:
        """Return a copy of a forecaster whose training went on up to a row."""
        rows = slice(start, stop)
        axis = replace(series.axis, values=series.axis.values[rows])
        part = replace(
            series, frame=series.frame[rows], axis=axis, rows=series.rows[rows]
        )
        quiet = copy.copy(model)
        quiet.progress, quiet.callbacks, quiet.checkpoints = False, (), None
        quiet._take(gone_on(quiet, part, self.epochs, None, None))
        return quiet


def gone_on(
    forecaster: Any,
    series: RegularSeries,
    epochs: int,
    test: Any,
    source: object,
    weights: NDArray[np.float64] | None = None,
) -> FittedForecast:
    """Return a forecaster's fit on a series, its network trained on from where it is.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.
    series : RegularSeries
    epochs : int
        At most.
    test, source : object
        As in `Forecaster.fit`.
    weights : ndarray or None
        Of the rows of the series.
    """
    return fit_forecast(
        forecaster,
        series,
        target=forecaster.targets_,
        known=(),
        past=None,
        ignore=(),
        test=test,
        source=source,
        weights=weights,
        previous=Previous(forecaster, epochs),
    )


def refuse_many(asked: bool, what: str) -> None:
    """Raise where one model of many series is asked to be fitted again."""
    if asked:
        raise InputError(
            f"{what} is for single series, not for a model of many: fit that anew on"
            " all rows, without it"
        )


def joined(parts: list[Backtest]) -> Backtest:
    """Return the forecasts of several origins, one after the other, as one."""
    names = ("time", "truth", "prediction", "linear", "lower", "upper")
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in names
    }
    count = len(parts[0].levels)
    whole["quantiles"] = tuple(
        np.concatenate([part.quantiles[q] for part in parts]) for q in range(count)
    )
    return replace(parts[0], **whole)
