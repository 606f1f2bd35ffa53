"""A fitted forecaster of many series as plain values and tensors, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from elman.models import correcting_from
from elman.tasks._networks import filled, tensors_of
from elman.tasks.forecast._decoder import network_config, segment_of

from ._local import local_forecast
from ._mixture import Mixture
from ._model import PanelModel
from ._pooled import PooledForm, PooledRidge
from ._preparation import PanelPreparation
from ._series import SeriesSet
from ._space import Space

_ARRAYS = ("starts", "stops", "raw", "known", "past")


def dump(forecaster: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return what `restore` takes."""
    model, series = forecaster.model_, forecaster._series
    mixture = model.mixture
    fitted = {
        "many": True,
        "preparation": model.preparation.describe(),
        "horizon": model.horizon,
        "context": model.context,
        "axis": forecaster.axis_,
        "missing": forecaster.missing_,
        "wide": forecaster.wide_,
        "ids": {name: kind_of(forecaster._ids[name]) for name in forecaster.ids_},
        "mixture": {
            "stride": mixture.stride,
            "local": mixture.names[: len(mixture.local)],
            "pooled": [
                {
                    "space": ridge.form.space.value,
                    "how": ridge.form.how,
                    "context": ridge.form.context,
                    "alpha": ridge.alpha,
                }
                for ridge in mixture.pooled
            ],
            "squared": mixture.squared,
            "power": mixture.power,
            "prior": mixture.prior,
        },
        "usual": model.usual,
        "levels": list(model.levels),
        "time": str(series.time.dtype),
        "network": model.network.config(),
    }
    tensors = tensors_of(model.network)
    tensors |= model.preparation.tensors()
    tensors["mixture.ratios"] = torch.from_numpy(mixture.ratios)
    for i, ridge in enumerate(mixture.pooled):
        weights = np.ascontiguousarray(ridge.weights)
        tensors[f"mixture.weights.{i}"] = torch.from_numpy(weights)
    for name, offset in zip(("low", "high"), model.offsets, strict=True):
        tensors[f"interval.{name}"] = torch.from_numpy(offset)
    tensors["interval.quantiles"] = torch.from_numpy(model.quantiles)
    for name in _ARRAYS:
        tensors[f"series.{name}"] = torch.from_numpy(getattr(series, name))
    time = series.time
    if time.dtype.kind != "f":
        time = time.astype(np.int64)
    tensors["series.time"] = torch.from_numpy(time)
    tensors["series.encoder"] = series.encoder
    tensors["series.decoder"] = series.decoder
    text = "\0".join(
        "\0".join(column.cast(pl.String).to_list()) for column in forecaster._ids
    )
    letters = np.frombuffer(text.encode(), dtype=np.uint8).copy()
    tensors["series.ids"] = torch.from_numpy(letters)
    return fitted, tensors


def restore(
    forecaster: Any, fitted: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    """Make a forecaster what it was when `dump` described it."""
    preparation = PanelPreparation.from_description(fitted["preparation"], tensors)
    described = fitted["mixture"]
    pooled = [
        PooledRidge(
            PooledForm(Space(form["space"]), form["how"], form["context"]),
            tensors[f"mixture.weights.{i}"].numpy(),
            form["alpha"],
        )
        for i, form in enumerate(described["pooled"])
    ]
    mixture = Mixture(
        fitted["horizon"],
        described["stride"],
        [*described["local"], *(ridge.form.name for ridge in pooled)],
        [local_forecast(name) for name in described["local"]],
        pooled,
        described["squared"],
        described["power"],
        described["prior"],
        tensors["mixture.ratios"].numpy(),
    )
    encoder, decoder = tensors["series.encoder"], tensors["series.decoder"]
    horizon, context = fitted["horizon"], fitted["context"]
    # Runs of earlier versions hold no configuration.
    config = fitted.get("network") or network_config(
        forecaster,
        1 + encoder.shape[1],
        decoder.shape[1],
        1,
        horizon,
        segment_of(forecaster.decoder, horizon, context, preparation.season),
    )
    network = filled(lambda: correcting_from(config), tensors)
    arrays = {name: tensors[f"series.{name}"].numpy() for name in _ARRAYS}
    time = tensors["series.time"].numpy().astype(fitted["time"])
    forecaster._series = SeriesSet(
        **arrays,
        time=time,
        space=preparation.space,
        season=preparation.season,
        encoder=encoder,
        decoder=decoder,
    )
    offsets = (tensors["interval.low"].numpy(), tensors["interval.high"].numpy())
    forecaster.model_ = PanelModel(
        preparation,
        mixture,
        network,
        context,
        offsets,
        fitted["usual"],
        tuple(fitted["levels"]),
        tensors["interval.quantiles"].numpy(),
    )
    words = tensors["series.ids"].numpy().tobytes().decode().split("\0")
    count = len(words) // len(fitted["ids"])
    forecaster._ids = pl.DataFrame(
        {
            name: as_kind(pl.Series(name, words[i * count : (i + 1) * count]), kind)
            for i, (name, kind) in enumerate(fitted["ids"].items())
        }
    )
    forecaster.axis_, forecaster.missing_ = fitted["axis"], fitted.get("missing", [])
    forecaster.wide_ = fitted["wide"]
    forecaster.ids_ = list(fitted["ids"])
    forecaster.targets_ = [preparation.target]
    forecaster.horizon_, forecaster.context_ = horizon, context
    forecaster.network_ = network


def kind_of(ids: pl.Series) -> str:
    """Return how ids are stored: whole numbers as such, anything else as text."""
    return "integer" if ids.dtype.is_integer() else "text"


def as_kind(words: pl.Series, kind: str) -> pl.Series:
    """Return ids as they were."""
    return words.cast(pl.Int64) if kind == "integer" else words
