"""A series that has moved to a level the training part never had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.tasks.forecast.columns._preparation import Preparation, Prepared


def relative(
    forecaster: Any, data: Prepared, origin: int
) -> tuple[Prepared, NDArray[np.float64], list[str]]:
    """Return the data less a new level, the level, and a line for each target moved.

    A target is moved where the last of its window lies beyond its bounds, and the
    linear model would leave the window for the range that it learned.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.
    data : Prepared
    origin : int
        The first step to forecast.

    Returns
    -------
    data : Prepared
    level : ndarray
        (K,), scaled; 0 for a target that is left as it is.
    notes : list of str
    """
    window = (data, origin, forecaster.context_)
    level = _level(forecaster.preparation_, *window)
    if level.any():
        scaled = forecaster.linear_.predict(data.table, np.array([origin]))[0]
        level = level * _strayed(scaled, *window)
    notes = [
        f"{name}: the series has left the range of the training part, to which the "
        "model would return; the forecast is made from the differences to the new "
        "level: fit again on data that hold it"
        for name, moved in zip(forecaster.targets_, level != 0, strict=True)
        if moved
    ]
    return (_shifted(data, level) if notes else data), level, notes


def _level(
    preparation: Preparation, data: Prepared, origin: int, context: int
) -> NDArray[np.float64]:
    """Return (K,) the scaled level of each target that has left its range, else 0.

    Parameters
    ----------
    preparation : Preparation
    data : Prepared
    origin, context : int
        The window is the ``context`` rows before ``origin``.
    """
    window = data.table.lags[origin - context : origin]
    beyond = _beyond(preparation, window)
    middle = np.nanmedian(np.where(beyond | ~beyond.any(0), window, np.nan), 0)
    return np.where(beyond[-1], middle, 0.0)


def _strayed(
    prediction: NDArray[np.float64], data: Prepared, origin: int, context: int
) -> NDArray[np.bool_]:
    """Return (K,): whose scaled forecasts (H, K) leave the window behind.

    A forecast may go as far beyond the lowest and the highest value of the window as
    these lie apart, so that growth goes on; a model that falls back to the range it
    learned goes farther.
    """
    window = data.table.lags[origin - context : origin]
    low, high = window.min(0), window.max(0)
    room = np.maximum(high - low, 1.0)
    centre = np.median(prediction, 0)
    found: NDArray[np.bool_] = (centre < low - room) | (centre > high + room)
    return found


def _shifted(data: Prepared, level: NDArray[np.float64]) -> Prepared:
    """Return the same with what is nearer to a level than to 0 moved by it."""
    lags = data.table.lags
    there = (level != 0) & (lags * np.sign(level) > np.abs(level) / 2)
    less = np.where(there, lags - level, lags)
    encoder = data.encoder.clone()
    encoder[:, : less.shape[1]] = encoder.new_tensor(less)
    truth = np.where(there, data.table.truth - level, data.table.truth)
    table = replace(data.table, lags=less, truth=truth)
    return replace(data, table=table, encoder=encoder)


def _beyond(preparation: Preparation, scaled: NDArray[np.float64]) -> NDArray[np.bool_]:
    scaler = preparation.scalers["target"]
    low = (scaler.low - scaler.mean) / scaler.scale
    high = (scaler.high - scaler.mean) / scaler.scale
    found: NDArray[np.bool_] = (scaled < low) | (scaled > high)
    return found
