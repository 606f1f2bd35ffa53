"""Where a forecaster's training starts: its network measured, and remedied."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from elman.diagnosis import Need
from elman.tasks._sampled import sampled
from elman.tasks.fit._reach import judge_asked
from elman.tasks.fit._start import Start, choose_start

from ._decoder import ForecastNetwork, in_segments

_DIAGNOSIS_WINDOWS = 64


def steps_needed(need: Need, network: ForecastNetwork, most: int) -> int:
    """Return how many steps of the recurrence, or segments, the data need."""
    return -(-min(need.steps, most) // (network.segment or 1))


def start_of(
    forecaster: Any,
    network: ForecastNetwork,
    examples: Any,
    need: Need,
    loss: Callable[[Any, Any], torch.Tensor],
) -> Start:
    """Measure the network on some of the windows, and apply a remedy in place."""
    index = torch.from_numpy(sampled(len(examples), _DIAGNOSIS_WINDOWS))
    inputs, target = examples.take(index)

    def probe(network: Any) -> nn.Module:
        # The head starts at zero and would let no gradient through.
        copied: nn.Module = copy.deepcopy(network)
        head: Any = copied.head
        nn.init.normal_(head.weight, std=forecaster.hidden_size**-0.5)
        return copied

    start = choose_start(
        network,
        network.encoder,
        (inputs, target),
        loss,
        init=forecaster.init,
        needed=steps_needed(need, network, inputs[0].shape[1]),
        source=need.source + in_segments(network),
        memory=steps_needed(need, network, need.steps),
        probe=probe,
    )
    # It is said alone: what the network does not reach, the linear model has.
    if (judge := judge_asked()) is not None:
        judge.hear(start)
    return start
