"""What a fitted forecaster can be asked: forecasts, a score, a backtest."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from elman._errors import InputError
from elman._modes import own_modes
from elman.tasks._containers import WithOutput, contained
from elman.tasks.forecast._model import ForecastModel
from elman.tasks.forecast.columns._preparation import Preparation, Prepared
from elman.tasks.forecast.rows._split import test_row
from elman.tasks.forecast.rows._windows import origins_between
from elman.tasks.forecast.scores._backtest import Backtest
from elman.tasks.forecast.targets._loss import MEANS
from elman.tasks.panel._estimate import backtest_many, predict_many, score_many

from ._answer import answered, following
from ._form import in_form_of_y, is_future
from ._reading import read_again
from ._refitted import Refitting, refuse_many
from ._scored import scored


class Answering(WithOutput):
    """The questions to a forecaster that ``fit`` has made ready."""

    # Set by ``fit``, or when a run directory is read.
    horizon_: int
    context_: int
    targets_: list[str]
    preparation_: Preparation
    linear_: Any
    network_: Any
    offsets_: Any
    intermittent_: list[bool]
    loss: str
    _flat: bool | None

    @own_modes()
    def predict(
        self, frame: Any = None, horizon: int | None = None, *, source: object = None
    ) -> Any:
        """Forecast the steps after the last observed target.

        Parameters
        ----------
        frame : path, data frame or dict of columns, optional
            The same columns as in `fit`, at least ``context_`` rows, then the rows of
            the future if there are known covariates. By default the frame of `fit`.
            Of many series: any with their history, those fitted or others.
            After ``fit(X, y)`` also an X of the rows that follow those fitted.
        horizon : int, optional
            Steps, by default those fitted. With more, the model goes on from its own
            forecasts, past covariates keep their last values, and intervals widen.
        source : object, optional
            A file name for messages.

        Returns
        -------
        polars.DataFrame or ndarray
            Columns time, prediction, linear (the linear model's part), lower,
            upper; with several targets a first column ``target``, of many series first
            the columns that tell them apart. For an X alone the
            predictions of its rows, (T,) or (T, K) as y was. `set_output` chooses
            another frame.

        Raises
        ------
        InputError
            If columns or rows are missing; the message names them.

        Warns
        -----
        UserWarning
            A value in the window lies far outside what the training part had, or
            is a category that it had not; a known column has holes in the rows
            forecast; or the series has moved to a level that the training part never
            had, from which the forecast is then made; or it reaches beyond the horizon
            that was fitted.
        """
        check_is_fitted(self, "network_")
        if hasattr(self, "model_"):
            return contained(
                predict_many(self, frame, horizon, source), self._container
            )
        apart = self._flat is not None and frame is not None and is_future(self, frame)
        forecast, notes = (
            following(self, frame)
            if apart and horizon is None
            else answered(self, frame, horizon, source)
        )
        for note in notes:
            warnings.warn(note, UserWarning, stacklevel=3)  # past own_modes
        if apart:
            values = forecast.prediction[0]
            return in_form_of_y(values, self._flat, self.targets_, self._container)
        table = forecast.to_frame().drop("origin", "step", "truth")
        return contained(table, self._container)

    @own_modes()
    def score(
        self,
        frame: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        start: int | float | str | dt.date | None = None,
        source: object = None,
    ) -> float:
        r"""Return how much smaller the error is than that of a naive forecast.

        .. math:: 1 - \sum |y - \hat y| \,/\, \sum |y - \hat y^{\text{naive}}|

        over forecasts a horizon apart, with the last season again (the last value
        where there is no season) as the naive one; several targets are averaged, and
        of targets that are mostly 0 the root mean squares are compared. Larger is
        better: 1 is no error, 0 as good as naive.

        Parameters
        ----------
        frame : path, data frame or dict of columns
            As for `fit`. Rows that go on where those of `fit` end are forecast from
            there on (counted rows always do); others after their first whole context.
        y : series, array or frame, optional
            The targets, where `fit` was given them apart.
        sample_weight : array-like or str, optional
            How much the error in each row counts, as in `fit`.
        start : int, float, str or date, optional
            Where the first forecast lies, as in `backtest`; the rows before it are its
            past, and a naive forecast is made from all of them.
        source : object, optional
            A file name for messages.
        """
        check_is_fitted(self, "network_")
        if hasattr(self, "model_"):
            refuse_many(sample_weight is not None, "sample_weight")
            refuse_many(start is not None, "start")
            return score_many(self, frame, source)
        return scored(self, frame, y, sample_weight, start, source)

    @own_modes()
    def backtest(
        self,
        frame: Any,
        start: int | float | str | dt.date | None = None,
        stride: int | None = None,
        *,
        refit: bool | int = False,
        window: int | None = None,
        epochs: int = 0,
        source: object = None,
    ) -> Backtest:
        """Forecast from many origins of a series, none seeing beyond its own.

        Parameters
        ----------
        frame : path, data frame or dict of columns
            The same columns as in `fit`.
        start : int, float, str or date, optional
            Where the first origin lies: at a time, or, as ``test`` in `fit`, so
            many rows (a whole number) or such a share of them before the last
            observed one; no row number from the beginning. By default after the
            first whole context.
        stride : int, optional
            Steps from one origin to the next, by default the horizon.
        refit : bool or int
            Fit again on the rows before an origin: before each one, or every so many.
            The linear and local parts are fitted; scales, roles and intervals stay.
        window : int, optional
            With ``refit``: the rows to fit on, the last before the origin; all of
            them if not given.
        epochs : int
            With ``refit``: that the network goes on training for each time, and
            intervals are set anew; 0 leaves it as it is.
        source : object, optional
            A file name for messages.

        Returns
        -------
        Backtest
        """
        check_is_fitted(self, "network_")
        again = None
        if refit is not False:
            again = Refitting(refit, window, epochs)
        elif window is not None or epochs:
            raise InputError(
                "window and epochs say how to fit again: give refit=True, or every how"
                " many origins, beside them"
            )
        if hasattr(self, "model_"):
            refuse_many(again is not None, "refit")
            return backtest_many(self, frame, start, stride, source)
        series, data, rows = read_again(self, frame, source)
        first = self.context_ if start is None else test_row(series.time, rows, start)
        origins = origins_between(
            first, rows, self.context_, self.horizon_, stride or self.horizon_
        )
        if not len(origins):
            raise InputError(
                f"no origin fits: {rows} rows, context {self.context_}, horizon "
                f"{self.horizon_}; give more rows or an earlier start"
            )
        if again is None:
            return self._forecast(data, origins)
        return again.backtest(self, series, data, origins)

    @property
    def _squared(self) -> bool:
        """Whether the linear part is chosen by its squared error."""
        means = self.loss in MEANS
        return means or (self.loss == "auto" and all(self.intermittent_))

    def _forecast(
        self,
        data: Prepared,
        origins: NDArray[np.int64],
        level: NDArray[np.float64] | float = 0.0,
    ) -> Backtest:
        model = ForecastModel(
            self.preparation_, self.linear_, self.network_, self.offsets_
        )
        return model.forecast(data, origins, level)
