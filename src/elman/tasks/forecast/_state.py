"""A fitted forecaster as plain values and tensors, and back."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from elman.models import correcting_from
from elman.tasks._features import described_features, restore_features
from elman.tasks._networks import filled, tensors_of
from elman.tasks.forecast.answers._future import Tail
from elman.tasks.forecast.answers._raw_rows import RawRows
from elman.tasks.forecast.columns._preparation import Preparation
from elman.tasks.forecast.intervals._offsets import Offsets
from elman.tasks.forecast.linear._blend import Blend

from ._decoder import network_config


def dump(forecaster: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return what `restore` takes."""
    data, origin = forecaster._tail
    fitted = {
        "preparation": forecaster.preparation_.describe(),
        "horizon": forecaster.horizon_,
        **forecaster.linear_.describe(),
        "network": forecaster.network_.config(),
        "axis": forecaster.axis_,
        "missing": forecaster.missing_,
        "seed": forecaster.seed_,
        "origin": origin,
        "seasons": forecaster.seasons_,
        "naive_seasons": forecaster._naive_seasons,
        "intermittent": forecaster.intermittent_,
        "flat": forecaster._flat,
        "times_of_y": forecaster._times_of_y,
        **described_features(forecaster),
    }
    tensors = tensors_of(forecaster.network_)
    tensors |= forecaster.preparation_.tensors() | forecaster.linear_.tensors()
    tensors |= forecaster.offsets_.tensors()
    tensors |= Tail.dump(data)
    if forecaster._recent is not None:
        fitted["recent"], recent = forecaster._recent.dump()
        fitted["recent_origin"] = forecaster._origin
        tensors |= recent
    return fitted, tensors


def restore(
    forecaster: Any, fitted: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    """Make a forecaster what it was when `dump` described it."""
    preparation = Preparation.from_description(fitted["preparation"], tensors)
    linear = Blend.restored(fitted, tensors, preparation)
    # Runs of earlier versions hold no configuration, but the length of a segment.
    config = fitted.get("network") or network_config(
        forecaster,
        encoder_size=tensors["tail.encoder"].shape[1],
        decoder_size=tensors["tail.decoder"].shape[1],
        targets=len(preparation.targets),
        horizon=linear.horizon,
        segment=fitted.get("segment"),
    )
    network = filled(lambda: correcting_from(config), tensors)
    offsets = Offsets.from_tensors(tensors)
    forecaster.targets_, forecaster.context_ = preparation.targets, linear.context
    forecaster.horizon_ = linear.horizon
    forecaster.preparation_ = preparation
    forecaster.linear_, forecaster.network_ = linear, network
    forecaster.offsets_, forecaster.axis_ = offsets, fitted["axis"]
    forecaster.seed_ = fitted.get("seed", forecaster.random_state)
    forecaster.missing_ = fitted.get("missing", [])
    forecaster._tail = (Tail.restore(tensors), fitted["origin"])
    _restore_rows(forecaster, fitted, tensors)


def _restore_rows(
    forecaster: Any, fitted: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    """Restore what runs of earlier versions have not: the last rows as they were."""
    count = len(forecaster.targets_)
    forecaster.seasons_ = fitted.get("seasons", [1] * count)
    forecaster._naive_seasons = fitted.get("naive_seasons", forecaster.seasons_)
    forecaster.intermittent_ = fitted.get("intermittent", [False] * count)
    forecaster._flat = fitted.get("flat")
    forecaster._times_of_y = fitted.get("times_of_y", False)
    restore_features(forecaster, fitted, None)
    forecaster._recent, forecaster._origin = None, 0
    if "recent" in fitted:
        forecaster._recent = RawRows.restore(fitted["recent"], tensors)
        forecaster._origin = fitted["recent_origin"]
