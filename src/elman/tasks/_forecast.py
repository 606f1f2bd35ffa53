"""The forecaster: a linear model, a recurrent correction, and honest intervals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from elman._errors import InputError
from elman.data import RegularSeries, regular_series, require_column, to_frame
from elman.training import Callback, Checkpoints

from . import _store
from ._backtest import Backtest
from ._forecast_check import check_parameters
from ._forecast_fit import FittedForecast, build_network, fit_forecast
from ._forecast_results import forecast_results, trained_results
from ._forecast_roles import check_targets
from ._forecast_split import test_row
from ._future import Tail, with_future
from ._linear import WindowRidge
from ._preparation import Preparation, Prepared
from ._threads import suitable_threads, work_of_forecaster
from ._training import WithTraining
from ._windows import origins_between


class Forecaster(WithTraining, BaseEstimator):
    r"""Forecast one or several series some steps ahead.

    A ridge regression on the window, and a recurrent encoder and decoder that
    correct it (see `HighwayNetwork`). The correction starts at zero and is kept
    only as far as it lowers the error of the validation part, the last part of
    the training rows.

    Parameters
    ----------
    horizon : int
        Steps ahead.
    context : int or None
        Steps back. None: what the autocorrelation of the target asks for, at
        least twice the horizon, as far as the series allows.
    cell : {"gru", "lstm", "rnn"}
        Of encoder and decoder.
    hidden_size, num_layers : int
        Of encoder and decoder.
    dropout : float
        On the decoder's outputs, and between layers.
    init : str
        A name of `elman.init.NAMES`, or "auto": measure how far gradients
        reach, and apply the remedy that brings them to where the data need
        them, if there is need.
    scale : {"auto", "none", "sqrt", "log"}
        Monotone transform of the targets; "auto" takes the square root of
        counts.
    epochs, batch_size, learning_rate, weight_decay, clip_norm, patience
        As in `elman.training.TrainingSettings`.
    windows_per_epoch : int or None
        Windows drawn in an epoch; None draws all.
    validation_fraction : float
        Share of the training rows, their last, on which training stops.
    level : float
        Of the prediction intervals.
    random_state : int
        Seed of everything random.
    training : mapping or None
        More of `elman.training.TrainingSettings` by name, such as
        ``{"optimizer": "nesterov", "schedule": "one-cycle", "average": "ema"}``.
    progress : bool
        Show a progress bar, or a line an epoch without a terminal.
    callbacks : sequence of Callback
        Passed to the training loop.
    checkpoints : Checkpoints, path or None
        Where `fit` saves its state as it trains. The same `fit` with
        ``Checkpoints(path, resume=True)`` goes on where the last one was stopped.

    Attributes
    ----------
    results_ : dict
        What was found and measured, as plain data: the content of a report.
    targets_ : list of str
    context_ : int
    network_ : HighwayNetwork
    linear_ : WindowRidge

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

    def __init__(
        self,
        horizon: int = 24,
        context: int | None = None,
        *,
        cell: str = "gru",
        hidden_size: int = 64,
        num_layers: int = 1,
        dropout: float = 0.1,
        init: str = "auto",
        scale: str = "auto",
        epochs: int = 15,
        batch_size: int = 128,
        windows_per_epoch: int | None = 3200,
        learning_rate: float = 2e-3,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        patience: int | None = 4,
        validation_fraction: float = 0.15,
        level: float = 0.9,
        random_state: int = 0,
        training: Mapping[str, Any] | None = None,
        progress: bool = False,
        callbacks: Sequence[Callback] = (),
        checkpoints: Checkpoints | str | Path | None = None,
    ) -> None:
        self.horizon = horizon
        self.context = context
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.init = init
        self.scale = scale
        self.epochs = epochs
        self.batch_size = batch_size
        self.windows_per_epoch = windows_per_epoch
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.level = level
        self.random_state = random_state
        self.training = training
        self.progress = progress
        self.callbacks = callbacks
        self.checkpoints = checkpoints

    def fit(
        self,
        frame: Any,
        target: str | Sequence[str],
        time: str | Sequence[str] | None = None,
        *,
        known: str | Sequence[str] = (),
        past: str | Sequence[str] | None = None,
        ignore: str | Sequence[str] = (),
        test: int | float | str | dt.date | None = None,
        source: object = None,
    ) -> Self:
        """Learn from a series; later rows never influence earlier ones.

        Parameters
        ----------
        frame : path, data frame or dict of columns
            In order of time. Rows after the last observed target are the
            future: their known covariates are used, nothing else.
        target : str or sequence of str
            What to forecast.
        time : str or sequence of str, optional
            The column of time stamps, or several that make one up; found if
            not given.
        known : str or sequence of str
            Covariates whose future values are known at forecast time.
        past : str or sequence of str, optional
            Covariates known only up to the present. Every other column if not
            given.
        ignore : str or sequence of str
            Columns to leave out.
        test : int, float, str or date, optional
            Rows held out at the end, their share, or the time (text: or row) they
            start at. Nothing is learned from them; the results hold the errors there.
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
        if isinstance(frame, str | Path):
            source = source or frame
        series = regular_series(to_frame(frame), time, source)
        with suitable_threads(work_of_forecaster(self, series)):
            fitted = fit_forecast(
                self,
                series,
                target=target,
                known=known,
                past=past,
                ignore=ignore,
                test=test,
                source=source,
            )
            self._take(fitted)
            self.results_ = forecast_results(self, fitted)
        return self

    def predict(self, frame: Any = None, *, source: object = None) -> pl.DataFrame:
        """Forecast the steps after the last observed target.

        Parameters
        ----------
        frame : path, data frame or dict of columns, optional
            The same columns as in `fit`, at least ``context_`` rows, then the rows of
            the future if there are known covariates. By default the frame of `fit`.
        source : object, optional
            A file name for messages.

        Returns
        -------
        polars.DataFrame
            Columns time, prediction, linear (the linear model's part), lower,
            upper; with several targets a first column ``target``.

        Raises
        ------
        InputError
            If columns or rows are missing; the message names them.
        """
        check_is_fitted(self, "network_")
        if frame is None:
            data, origin = self._tail
        else:
            data, origin = self._prepare(frame, source)
        self._check_future(data, origin, source)
        forecast = self._forecast(data, np.array([origin]))
        return forecast.to_frame().drop("origin", "step", "truth")

    def backtest(
        self,
        frame: Any,
        start: int | float | str | dt.date | None = None,
        stride: int | None = None,
        *,
        source: object = None,
    ) -> Backtest:
        """Forecast from many origins of a series, none seeing beyond its own.

        Parameters
        ----------
        frame : path, data frame or dict of columns
            The same columns as in `fit`.
        start : int, float, str or date, optional
            Where the first origin lies, as ``test`` in `fit`; by default after
            the first whole context.
        stride : int, optional
            Steps from one origin to the next, by default the horizon.
        source : object, optional
            A file name for messages.

        Returns
        -------
        Backtest
        """
        check_is_fitted(self, "network_")
        series, data, rows = self._read(frame, source)
        first = self.context_ if start is None else test_row(series.time, rows, start)
        origins = origins_between(
            first, rows, self.context_, self.horizon, stride or self.horizon
        )
        if not len(origins):
            raise InputError(
                f"no origin fits: {rows} rows, context {self.context_}, horizon "
                f"{self.horizon}; give more rows or an earlier start"
            )
        return self._forecast(data, origins)

    def save(self, directory: str | Path) -> Path:
        """Write a run directory that `elman.load` opens; return its path."""
        check_is_fitted(self, "network_")
        return _store.save(self, directory)

    def _take(self, fitted: FittedForecast) -> None:
        self.results_ = trained_results(self, fitted)
        self._tail = fitted.tail
        self.targets_ = fitted.preparation.targets
        self.context_ = fitted.linear.context
        self.preparation_ = fitted.preparation
        self.linear_ = fitted.linear
        self.network_ = fitted.network
        self.offsets_ = fitted.offsets
        self.axis_ = fitted.axis

    def _forecast(self, data: Prepared, origins: NDArray[np.int64]) -> Backtest:
        return FittedForecast.forecast_with(
            self.preparation_, self.linear_, self.network_, self.offsets_, data, origins
        )

    def _read(self, frame: Any, source: object) -> tuple[RegularSeries, Prepared, int]:
        """Return the series, its arrays, and one past the last observed row."""
        if isinstance(frame, str | Path):
            source = source or frame
        table = to_frame(frame)
        preparation = self.preparation_
        for name in [
            *preparation.targets,
            *(column.name for column in preparation.known + preparation.past),
            *self.axis_["columns"],
        ]:
            require_column(table, name, source)
        series = regular_series(table, self.axis_["columns"] or "", source)
        if series.freq != self.axis_["freq"]:
            raise InputError(
                f"the times are {series.freq}, the model was trained on "
                f"{self.axis_['freq']} ones"
            )
        rows = check_targets(series, preparation.targets, source)
        data = preparation.apply(with_future(series, rows, int(self.horizon)))
        return series, data, rows

    def _prepare(self, frame: Any, source: object) -> tuple[Prepared, int]:
        _, data, rows = self._read(frame, source)
        if rows < self.context_:
            raise InputError(
                f"{rows} rows are too few: the model looks back {self.context_} "
                "steps; give a longer history"
            )
        return data, rows

    def _check_future(self, data: Prepared, origin: int, source: object) -> None:
        if data.known_until >= origin + self.horizon:
            return
        names = ", ".join(column.name for column in self.preparation_.known)
        have = max(0, data.known_until - origin)
        raise InputError(
            f"the known columns ({names}) have {have} of the next {self.horizon} "
            f"rows; add rows after the last {self.targets_[0]!r} with these columns "
            f"filled and {self.targets_[0]!r} empty"
        )

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        data, origin = self._tail
        fitted = {
            "preparation": self.preparation_.describe(),
            "context": self.context_,
            "anchor": self.linear_.anchor,
            "alpha": self.linear_.alpha,
            "axis": self.axis_,
            "origin": origin,
        }
        tensors = {
            f"network.{name}": tensor
            for name, tensor in self.network_.state_dict().items()
        }
        tensors |= self.preparation_.tensors() | self.linear_.tensors()
        for name, offset in zip(("low", "high"), self.offsets_, strict=True):
            tensors[f"interval.{name}"] = torch.from_numpy(offset)
        tensors |= Tail.dump(data)
        return fitted, tensors

    def _restore(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        check_parameters(self)
        preparation = Preparation.from_description(fitted["preparation"], tensors)
        linear = WindowRidge(
            fitted["context"],
            fitted["anchor"],
            fitted["alpha"],
            tensors["linear.weights"].numpy(),
        )
        network = build_network(
            self,
            encoder_size=tensors["tail.encoder"].shape[1],
            decoder_size=tensors["tail.decoder"].shape[1],
            targets=len(preparation.targets),
        )
        network.load_state_dict(
            {
                name.removeprefix("network."): tensor
                for name, tensor in tensors.items()
                if name.startswith("network.")
            }
        )
        offsets = (tensors["interval.low"].numpy(), tensors["interval.high"].numpy())
        self.targets_, self.context_ = preparation.targets, linear.context
        self.preparation_, self.linear_, self.network_ = preparation, linear, network
        self.offsets_, self.axis_ = offsets, fitted["axis"]
        self._tail = (Tail.restore(tensors), fitted["origin"])
