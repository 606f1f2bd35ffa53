"""Forecasts of other lengths than the one fitted: a part of it, or it repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._arguments import whole_number
from elman.tasks.forecast.columns._preparation import Preparation, Prepared

from ._backtest import Backtest

Array = NDArray[np.float64]
_FIELDS = ("truth", "prediction", "linear", "lower", "upper")


def steps_of(forecaster: Any, horizon: int | None) -> int:
    """Return the steps to forecast; raise if they are no whole number above 0."""
    if horizon is None:
        return int(forecaster.horizon_)
    return int(whole_number("horizon", horizon))


def rows_ahead(forecaster: Any, steps: int) -> int:
    """Return the rows after the origin that forecasts of so many steps look at."""
    fitted: int = forecaster.horizon_
    return fitted * -(-steps // fitted)


def beyond_note(forecaster: Any, steps: int) -> list[str]:
    """Return what a forecast beyond the fitted horizon rests on."""
    fitted = forecaster.horizon_
    if steps <= fitted:
        return []
    past = [column.name for column in forecaster.preparation_.past]
    kept = f"; {', '.join(past[:5])} keep their last values" if past else ""
    return [
        f"the model was fitted for {fitted} step{'s' if fitted > 1 else ''}: from step"
        f" {fitted + 1} on it forecasts from its own forecasts{kept}, and intervals"
        " widen as if the errors added up independently"
    ]


def cut(forecast: Backtest, steps: slice) -> Backtest:
    """Return some of the steps of each forecast."""
    fields: dict[str, Any] = {
        name: getattr(forecast, name)[:, steps] for name in (*_FIELDS, "time")
    }
    return replace(forecast, **fields)


def joined_blocks(parts: list[Backtest], preparation: Preparation) -> Backtest:
    r"""Return forecasts that follow one another as one, with wider intervals.

    The end of an interval at step k of block b lies, scaled, at the distance

    .. math:: \sqrt{d_k^2 + \textstyle\sum_{a<b} d_{H,a}^2}

    from the forecast, with the distances d of each block on its own, H its last step:
    the error with which a block begins is that of the last step before it.
    """
    low: Any = 0.0
    high: Any = 0.0
    widened: list[Backtest] = []
    for part in parts:
        centre = preparation.forward(part.prediction)
        below = np.maximum(centre - preparation.forward(part.lower), 0.0)
        above = np.maximum(preparation.forward(part.upper) - centre, 0.0)
        ends: dict[str, Any] = {}
        if widened:
            ends["lower"] = preparation.inverse(centre - np.sqrt(below**2 + low))
            ends["upper"] = preparation.inverse(centre + np.sqrt(above**2 + high))
        widened.append(replace(part, **ends))
        low = low + below[:, -1:] ** 2
        high = high + above[:, -1:] ** 2
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in widened], 1)
        for name in (*_FIELDS, "time")
    }
    return replace(parts[0], **whole)


def with_forecast(
    preparation: Preparation, data: Prepared, origin: int, prediction: Array
) -> Prepared:
    """Return the data with forecasts (H, K) in place of its targets from an origin."""
    rows = slice(origin, origin + len(prediction))
    scaled = preparation.forward(prediction)
    targets = scaled.shape[1]
    lags = data.table.lags.copy()
    lags[rows] = scaled
    encoder = data.encoder.clone()
    encoder[rows, :targets] = encoder.new_tensor(scaled)
    flags = sum(preparation.flags["target"])
    encoder[rows, targets : targets + flags] = 0.0
    return replace(data, table=replace(data.table, lags=lags), encoder=encoder)
