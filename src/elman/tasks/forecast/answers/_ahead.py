"""Forecasts of other lengths than the one fitted: a part of it, or it repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._arguments import whole_number
from elman.tasks.forecast.columns._preparation import Preparation, Prepared
from elman.tasks.forecast.scores._backtest import Backtest

Array = NDArray[np.float64]
_ENDS = ("lower", "upper")
_FIELDS = ("truth", "prediction", "linear", *_ENDS)


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
    quantiles = tuple(values[:, steps] for values in forecast.quantiles)
    return replace(forecast, **fields, quantiles=quantiles)


def joined_blocks(parts: list[Backtest], preparation: Preparation) -> Backtest:
    r"""Return forecasts that follow one another as one, with wider intervals.

    The end of an interval at step k of block b lies, scaled, at the distance

    .. math:: \sqrt{d_k^2 + \textstyle\sum_{a<b} d_{H,a}^2}

    from the forecast, with the distances d of each block on its own, H its last step:
    the error with which a block begins is that of the last step before it.
    """
    centres = [preparation.forward(part.prediction) for part in parts]

    def widened(ends: Sequence[Array]) -> Array:
        before: Any = 0.0
        found: list[Array] = []
        for centre, end in zip(centres, ends, strict=True):
            away = preparation.forward(end) - centre
            wider = np.sqrt(away**2 + before)
            moved = preparation.inverse(centre + np.copysign(wider, away))
            found.append(moved if found else end)
            before = before + away[:, -1:] ** 2
        return np.concatenate(found, 1)

    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts], 1)
        for name in ("truth", "prediction", "linear", "time")
    }
    ends: dict[str, Any] = {
        name: widened([getattr(p, name) for p in parts]) for name in _ENDS
    }
    quantiles = (
        widened([part.quantiles[q] for part in parts])
        for q in range(len(parts[0].levels))
    )
    return replace(parts[0], **whole, **ends, quantiles=tuple(quantiles))


def with_forecast(
    preparation: Preparation, data: Prepared, origin: int, prediction: Array
) -> Prepared:
    """Return the data with forecasts (H, K) in place of its targets from an origin."""
    rows = slice(origin, origin + len(prediction))
    scaled = preparation.forward(prediction)
    targets = scaled.shape[1]
    lags = data.table.lags.copy()
    lags[rows] = scaled
    truth = data.table.truth.copy()
    truth[rows] = scaled
    encoder = data.encoder.clone()
    encoder[rows, :targets] = encoder.new_tensor(scaled)
    flags = sum(preparation.flags["target"])
    encoder[rows, targets : targets + flags] = 0.0
    return replace(
        data, table=replace(data.table, lags=lags, truth=truth), encoder=encoder
    )
