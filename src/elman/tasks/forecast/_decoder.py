"""Which network corrects the linear forecast: step by step, or by segments."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from elman import cells
from elman.models import CorrectingNetwork, LogLink
from elman.training import TrainingSettings

from .targets._loss import LOG_LINK

ForecastNetwork = CorrectingNetwork | LogLink

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


def network_config(
    forecaster: Any,
    encoder_size: int,
    decoder_size: int,
    targets: int,
    horizon: int,
    segment: int | None,
) -> dict[str, Any]:
    """Return a forecaster's network as its configuration, on a log link if need be."""
    config = {
        "kind": "steps" if segment is None else "segments",
        "cell": cells.given(forecaster.cell),
        "encoder_size": encoder_size,
        "decoder_size": decoder_size,
        "targets": targets,
        "hidden_size": int(forecaster.hidden_size),
        "num_layers": int(forecaster.num_layers),
        "dropout": float(forecaster.dropout),
    }
    if segment is not None:
        config |= {"horizon": horizon, "segment": segment}
    if forecaster.loss not in LOG_LINK:
        return config
    return {"kind": "log link", "network": config, "targets": targets}


def in_segments(network: ForecastNetwork) -> str:
    """Say what a step of the recurrence is, where it is not one of the series."""
    return f", in segments of {network.segment} steps" if network.segment else ""
