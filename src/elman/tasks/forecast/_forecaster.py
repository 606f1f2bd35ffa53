"""The forecaster: a linear model, a recurrent correction, and honest intervals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from elman._arguments import whole_number
from elman._modes import own_modes
from elman.cells import Cell
from elman.tasks._estimator import Estimator, Steps
from elman.tasks.fit._threads import work_of_forecaster
from elman.tasks.forecast.answers._answering import Answering
from elman.tasks.forecast.answers._form import asked_for, joined, take_form
from elman.tasks.forecast.answers._raw_rows import RawRows
from elman.tasks.forecast.answers._reading import read_again, reading_of, series_to_fit
from elman.tasks.forecast.answers._refitted import gone_on, refuse_many
from elman.tasks.forecast.answers._tags import RegressorTagged
from elman.tasks.forecast.columns._roles import as_names
from elman.tasks.panel import _state as _panel_state
from elman.tasks.panel._estimate import many_steps
from elman.tasks.panel._reading import given_panel
from elman.training import Callback, Checkpoints

from . import _state as _forecast_state
from ._check import check_parameters
from ._fit import FittedForecast, fit_forecast
from ._results import forecast_results, trained_results
from .rows._row_weights import row_weights


class Forecaster(Answering, RegressorTagged, Estimator):
    r"""Forecast one or several series some steps ahead.

    A blend of a ridge regression on the window and of local models such as
    exponential smoothing, and a recurrent encoder and decoder that correct it (see
    `HighwayNetwork`; for long horizons `SegmentNetwork`). The correction starts at
    zero and is kept only as far as it surely lowers the error of the validation part,
    the last part of the training rows.

    {parameters}

    Attributes
    ----------
    results_ : dict
        What was found and measured, as plain data: the content of a report.
    targets_ : list of str
    horizon_, context_ : int
        Steps ahead and back.
    network_ : HighwayNetwork or SegmentNetwork
    linear_ : Blend
        What the network starts from: ``ridge``, ``local`` models, ``shares``.

    Examples
    --------
    >>> import elman
    >>> from elman.data import load_bikeshare
    >>> forecaster = elman.Forecaster(horizon=24, context=48, epochs=1, hidden_size=8)
    >>> frame = load_bikeshare()[:1200]
    >>> forecaster.fit(frame, target="count", time="time").predict().shape
    (24, 5)
    """

    task = "forecast"
    _epochs, _patience = 15, 4

    def __init__(
        self,
        horizon: int | None = None,
        context: int | None = None,
        *,
        decoder: str = "auto",
        cell: str | Cell | type[Cell] = "gru",
        hidden_size: int = 64,
        num_layers: int = 1,
        dropout: float = 0.1,
        init: str = "auto",
        holidays: str | None = None,
        scale: str = "auto",
        loss: str = "auto",
        epochs: int | None = None,
        max_seconds: float | None = 120.0,
        batch_size: int = 128,
        windows_per_epoch: int | None = 3200,
        learning_rate: float = 2e-3,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        patience: int | Literal["auto"] | None = "auto",
        validation_fraction: float = 0.15,
        level: float = 0.9,
        quantiles: Sequence[float] | None = None,
        random_state: int = 0,
        training: Mapping[str, Any] | None = None,
        progress: bool = False,
        callbacks: Sequence[Callback] = (),
        checkpoints: Checkpoints | str | Path | None = None,
    ) -> None:
        self.horizon = horizon
        self.context = context
        self.decoder = decoder
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.init = init
        self.holidays = holidays
        self.scale = scale
        self.loss = loss
        self.epochs = epochs
        self.max_seconds = max_seconds
        self.batch_size = batch_size
        self.windows_per_epoch = windows_per_epoch
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.level = level
        self.quantiles = quantiles
        self.random_state = random_state
        self.training = training
        self.progress = progress
        self.callbacks = callbacks
        self.checkpoints = checkpoints

    @own_modes()
    def fit(
        self,
        frame: Any,
        target: Any = None,
        time: str | Sequence[str] | None = None,
        *,
        y: Any = None,
        id: str | Sequence[str] | None = None,  # noqa: A002
        static: str | Sequence[str] | None = None,
        wide: bool | None = None,
        known: str | Sequence[str] = (),
        past: str | Sequence[str] | None = None,
        ignore: str | Sequence[str] = (),
        test: int | float | str | dt.date | None = None,
        missing: Any = (),
        sample_weight: Any = None,
        source: object = None,
    ) -> Self:
        """Learn from a series; later rows never influence earlier ones.

        Parameters
        ----------
        frame : path, data frame or dict of columns
            In order of time. Rows after the last observed target are the
            future: their known covariates are used, nothing else. With y, the times
            and covariates alone (an array too), or None.
        target : str or sequence of str, or y
            What to forecast.
        time : str or sequence of str, optional
            The column of time stamps, or several that make one up; found if
            not given.
        y : series, array or frame, optional
            The values of the targets, (T,) or (T, K), in place of their names:
            scikit-learn's ``fit(X, y)``.
        id : str or sequence of str, optional
            The columns that tell many series apart, such as stores: one model learns
            from all, each in its own unit. Found where times repeat without it.
        static : str or sequence of str, optional
            Of many series: columns constant in each, found if not given.
        wide : bool, optional
            Whether each row is a series, its name first; found if there is no target.
        known : str or sequence of str
            Covariates whose future values are known at forecast time. With y, every
            column of the frame that is not named elsewhere.
        past : str or sequence of str, optional
            Covariates known only up to the present. Every other column if not
            given.
        ignore : str or sequence of str
            Columns to leave out.
        test : int, float, str or date, optional
            Rows held out at the end, their share, or the time (text: or row) they
            start at. Nothing is learned from them; the results hold the errors
            there. A share is enlarged to one horizon.
        missing : number, str or sequence of them
            Values that stand for missing ones, such as -9999; `predict` and
            `backtest` treat them so too.
        sample_weight : array-like or str, optional
            How much each row's targets count in what the linear part and the network
            learn: a number for each row, or the name of a column that holds them.
            Scores and intervals do without.
        source : object, optional
            A file name for messages.

        Returns
        -------
        self

        Raises
        ------
        InputError
            With one line that says what is wrong and what to do.
        """
        check_parameters(self)
        self.__dict__.pop("model_", None)  # of an earlier fit to many series
        if given := given_panel(frame, target, y, time, id, wide, missing, source):
            refuse_many(sample_weight is not None, "sample_weight")
            roles = {"known": known, "past": past, "static": static, "ignore": ignore}
            return self._fit(many_steps(self, given, test=test, **roles))
        asked = asked_for(frame, target, y)
        series, gone, source = series_to_fit(
            asked.frame, time, missing, source, (asked.target, known, past, ignore)
        )
        weights = row_weights(sample_weight, series, source)
        if isinstance(sample_weight, str):
            ignore = list({*as_names("ignore", ignore), sample_weight})
        known, past = asked.roles(series.frame.columns, known, past, ignore)

        def take(fitted: FittedForecast) -> None:
            self.missing_ = gone
            take_form(self, asked, series)
            self._take(fitted)

        steps = Steps(
            work_of_forecaster(self, series),
            lambda: fit_forecast(
                self,
                series,
                target=asked.target,
                known=known,
                past=past,
                ignore=ignore,
                test=test,
                source=source,
                named=asked.joined is None,
                weights=weights,
            ),
            take,
            lambda fitted: forecast_results(self, fitted),
        )
        return self._fit(steps)

    @own_modes()
    def update(
        self,
        frame: Any,
        epochs: int = 5,
        *,
        y: Any = None,
        test: int | float | str | dt.date | None = None,
        sample_weight: Any = None,
        source: object = None,
    ) -> Self:
        """Go on with the training, on the series as it stands now.

        Scales, roles, horizon and context stay; the linear and local parts are
        fitted again, the network goes on from where it is, and is left as it is where
        no epoch makes it better on the validation part, the last part of these rows.
        Intervals and results are made anew.

        Parameters
        ----------
        frame : path, data frame or dict of columns
            The same columns as in `fit`, old rows and new ones. With new ones alone,
            these are all that the linear part is fitted on.
        epochs : int
            At most.
        y : series, array or frame, optional
            The targets, where `fit` was given them apart.
        test : int, float, str or date, optional
            As in `fit`.
        sample_weight : array-like or str, optional
            As in `fit`.
        source : object, optional
            A file name for messages.

        Returns
        -------
        self
        """
        check_is_fitted(self, "network_")
        whole_number("epochs", epochs)
        refuse_many(hasattr(self, "model_"), "update")
        frame = frame if y is None else joined(frame, y).frame
        series, _, _ = read_again(self, frame, source)
        weights = row_weights(sample_weight, series, source)
        steps = Steps(
            work_of_forecaster(self, series),
            lambda: gone_on(self, series, epochs, test, source, weights),
            self._take,
            lambda fitted: forecast_results(self, fitted),
        )
        return self._fit(steps)

    @property
    def reading_(self) -> dict[str, Any]:
        """How `elman.data.open_table` reads a file as the one trained on was read."""
        return reading_of(self)

    def _take(self, fitted: FittedForecast) -> None:
        self._tail = fitted.tail
        self._recent, self._origin = RawRows.last(
            fitted.series, fitted.preparation, fitted.split.rows, fitted.linear.memory
        )
        self.seasons_, self.intermittent_ = fitted.seasons, fitted.intermittent
        self._naive_seasons = fitted.naive_seasons
        self.targets_ = fitted.preparation.targets
        self.horizon_, self.context_ = fitted.horizon, fitted.linear.context
        self.preparation_ = fitted.preparation
        self.linear_ = fitted.linear
        self.network_ = fitted.network
        self.offsets_ = fitted.offsets
        self.axis_ = fitted.axis
        self.seed_ = fitted.seed
        # Whatever happens to the scores, from here on there is a model to keep.
        self.results_ = trained_results(self, fitted)

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        many = hasattr(self, "model_")
        return _panel_state.dump(self) if many else _forecast_state.dump(self)

    def _restore(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        check_parameters(self)
        state = _panel_state if fitted.get("many") else _forecast_state
        state.restore(self, fitted, tensors)
