"""The diagnosis of a forecaster's network, and the remedy it asks for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from elman import init
from elman.diagnosis import Diagnosis, Need, diagnose
from elman.tasks._sampled import sampled

from ._decoder import ForecastNetwork, in_segments

_DIAGNOSIS_WINDOWS = 64


def needed_steps(need: Need, network: ForecastNetwork, context: int) -> int:
    """Return how many steps of the recurrence, or segments, the data need."""
    return -(-min(need.steps, context) // (network.segment or 1))


def remedied(
    forecaster: Any,
    network: ForecastNetwork,
    examples: Any,
    need: Need,
    loss: Callable[[Any, Any], torch.Tensor],
) -> tuple[Diagnosis | None, Diagnosis | None, str | None]:
    """Diagnose the network, apply a remedy in place, diagnose again."""
    index = torch.from_numpy(sampled(len(examples), _DIAGNOSIS_WINDOWS))
    inputs, target = examples.take(index)

    def diagnosed(*, remedies: bool) -> Diagnosis:
        # The head starts at zero and would let no gradient through.
        probe = copy.deepcopy(network)
        nn.init.normal_(probe.head.weight, std=forecaster.hidden_size**-0.5)
        return diagnose(
            probe,
            inputs,
            target,
            loss,
            needed=needed_steps(need, network, inputs[0].shape[1]),
            needed_source=need.source + in_segments(network),
            remedies=init.NAMES[1:] if remedies else False,
        )

    automatic = forecaster.init == "auto"
    before = diagnosed(remedies=automatic)
    remedy = before.best if automatic else forecaster.init
    if remedy is None or remedy == "default":
        return before, None, None
    reach = needed_steps(need, network, need.steps)
    options = {"t_max": max(reach, 2)} if remedy == "chrono" else {}
    init.apply_(remedy, network.encoder, **options)
    return before, diagnosed(remedies=False), remedy
