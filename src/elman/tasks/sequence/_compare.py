"""A fitted estimator's predictions scored beside its parts and the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.models import SequenceNetwork
from elman.tasks.sequence.linear._combination import LINEAR, NETWORK

from ._fit import network_outputs
from ._preparation import Preparation
from ._scores import WHOLE, score_table
from ._targets import Targets
from .given._input import Array


def scored(
    estimator: Any,
    sequences: Sequence[Array],
    truth: Targets,
    split: str,
    model: tuple[SequenceNetwork, Preparation],
    linear: NDArray[np.float64] | None = None,
) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return the predictions, and the table of scores.

    Parameters
    ----------
    estimator : SequenceEstimator
        With its baselines and, if it has linear models, its combination.
    sequences : sequence of ndarray
        (T_i, C), checked.
    truth : Targets
    split : str
        What the sequences are, in words.
    model : tuple of network and preparation
    linear : ndarray or None
        (n, K): the linear models' outputs where those of `Combination.linear` would
        have seen the sequences.
    """
    network, preparation = model
    prepared = preparation.apply(sequences)
    outputs = network_outputs(network, prepared)
    kind = estimator.kind_
    alone = kind.read_out(outputs, truth.per_step)
    parts: dict[str, NDArray[Any]] = {}
    predicted, whole = alone, "network"
    combination = estimator.combination_
    if combination is not None:
        if linear is None:
            linear = combination.linear(sequences)
        together = combination.whole(linear, sequences, model)
        predicted, whole = kind.decide(together), WHOLE
        parts = {LINEAR: kind.decide(linear), NETWORK: alone}
    known = getattr(estimator, "_baselines", None)
    spread = preparation.spread(sequences)
    others = known.predict(spread, truth.per_step) if known else {}
    return predicted, score_table(
        kind, truth, predicted, others, split, whole=whole, parts=parts
    )
