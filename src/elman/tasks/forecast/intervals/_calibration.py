"""After training: how much of the correction is kept, and how wide intervals are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.tasks.forecast._decoder import ForecastNetwork
from elman.tasks.forecast._notes import interval_notes
from elman.tasks.forecast.linear._blending import Blending, with_correction
from elman.tasks.forecast.rows._windows import Windows
from elman.training import predict

from ._gate import Gate, apply_gate, gate, gate_notes
from ._intervals import calibrated, rolling_offsets, spread_of
from ._offsets import Offsets, offsets_of, units
from ._proportional import zero_levels

Array = NDArray[np.float64]


def calibration(
    forecaster: Any,
    network: ForecastNetwork,
    start: Blending,
    held: Windows,
    begun: Array,
    folds: Array,
    intermittent: Sequence[bool],
    squared: bool,
    until: Any,
) -> tuple[Gate, Offsets, list[str]]:
    """Shorten the network's correction to what is sure; measure what errors remain.

    Parameters
    ----------
    forecaster : Forecaster
    network : nn.Module
        Trained; changed in place.
    start : Blending
    held : Windows
        Of the validation part.
    begun, folds : ndarray
        (n, H, K) the forecasts there without the network, and (m, H, K) the errors
        of those of the training part, out of fold.
    intermittent : sequence of bool
        Targets whose intervals begin at 0.
    squared : bool
        Whether errors are squared.
    until : datetime64 or float
        The time after the validation part.
    """
    validating = held.origins.numpy()
    truth = held.truth[held.origins[:, None] + held.ahead].numpy().astype(np.float64)
    corrected = predict(network, held).numpy()
    kept = gate(truth, begun, corrected, squared=squared, shortened=not start.long)
    apply_gate(network, kept.share)
    errors = truth - predict(network, held).numpy()
    notes = gate_notes(kept)
    notes += interval_notes(errors, forecaster.level, start.blend.preparation.targets)
    if start.rolling.everywhere:
        whole = with_correction(start, validating, errors)
        stop = int(validating[-1]) + truth.shape[1]
        known = start.rolling.truth
        history = held.truth[:stop].numpy().astype(np.float64)
        levels = zero_levels(start.blend.preparation, history, known, whole)
        relative = whole / units(known - whole, *levels)
        offsets = offsets_of(
            forecaster,
            lambda level: rolling_offsets(relative, level),
            intermittent,
            spread_of(relative),
            until,
            levels,
        )
        return kept, offsets, notes
    offsets = offsets_of(
        forecaster,
        lambda level: calibrated(errors, folds, level),
        intermittent,
        spread_of(errors),
        until,
    )
    return kept, offsets, notes
