"""Which network corrects the linear forecast: step by step, or by segments."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from elman.models import HighwayNetwork, LogLink, SegmentNetwork
from elman.training import TrainingSettings

from ._loss import LOG_LINK

ForecastNetwork = HighwayNetwork | SegmentNetwork | LogLink

_LEAST_SEGMENTS = 4
_LONG_HORIZON = 48
_KNOWN_HORIZON = 24
_DECAY = 0.99


def segment_of(
    decoder: str, horizon: int, context: int, season: int, *, known: bool = False
) -> int | None:
    """Return the steps of a segment, or None for a network that goes step by step.

    A horizon is at least four segments, and a season a whole number of them.

    Parameters
    ----------
    decoder : {"auto", "steps", "segments"}
        "auto" takes segments for horizons of 48 steps and more, with known columns
        of 24: what is known of a whole segment enters each of its steps.
    horizon, context : int
        Steps ahead and back.
    season : int
        Of the first target; 1 if it has none.
    known : bool
        Whether there are columns known in the future, the calendar apart.
    """
    long = horizon >= (_KNOWN_HORIZON if known else _LONG_HORIZON)
    long = long and 2 * context >= horizon
    if decoder == "steps" or (decoder == "auto" and not long):
        return None
    most = max(1, min(horizon // _LEAST_SEGMENTS, context))
    if season > 1:
        parts = range(1, season + 1)
        return next(
            season // q for q in parts if season % q == 0 and season // q <= most
        )
    return most


def suited(
    settings: TrainingSettings, asked: Mapping[str, Any] | None, segment: int | None
) -> TrainingSettings:
    """Return the settings with averaged weights for segments, unless others are asked.

    One step of the decoder stands for many of the series, and its weights move far
    with every batch: of all that was tried, averaging helped most.
    """
    asked = asked or {}
    if segment is None or "average" in asked:
        return settings
    decay = settings.average_decay if "average_decay" in asked else _DECAY
    return dataclasses.replace(settings, average="ema", average_decay=decay)


def build_network(
    forecaster: Any,
    encoder_size: int,
    decoder_size: int,
    targets: int,
    horizon: int,
    segment: int | None,
) -> ForecastNetwork:
    """Return the untrained network of a forecaster, on a log link if the loss is."""
    sizes = (forecaster.cell, encoder_size, decoder_size, targets)
    shape: dict[str, Any] = {
        "hidden_size": int(forecaster.hidden_size),
        "num_layers": int(forecaster.num_layers),
        "dropout": forecaster.dropout,
    }
    network: ForecastNetwork
    if segment is None:
        network = HighwayNetwork(*sizes, **shape)
    else:
        network = SegmentNetwork(*sizes, horizon, segment, **shape)
    return LogLink(network, targets) if forecaster.loss in LOG_LINK else network


def in_segments(network: ForecastNetwork) -> str:
    """Say what a step of the recurrence is, where it is not one of the series."""
    return f", in segments of {network.segment} steps" if network.segment else ""
