"""Widths that give an encoder a number of parameters."""

from __future__ import annotations

import pytest
import torch

from elman.models import SequenceNetwork, heads_for, parameters_of, width_for

LAYERS = {"tcn": 4, "transformer": 2}


@pytest.mark.parametrize(
    "name", ["rnn", "lstm", "janet", "lru", "mingru", "tcn", "transformer"]
)
@pytest.mark.parametrize("wanted", [2_000, 30_000])
def test_the_width_is_the_nearest(name, wanted):
    def build(width):
        return SequenceNetwork(name, 3, width, 5, num_layers=LAYERS.get(name, 1))

    before = torch.get_rng_state()
    width = width_for(build, wanted, name)
    assert torch.equal(torch.get_rng_state(), before)
    step = 2 if name == "transformer" else 1

    def off(units):
        return abs(parameters_of(build(units)) - wanted)

    assert all(off(width) <= off(w) for w in (width - step, width + step) if w > 0)
    assert off(width) < (0.15 if wanted < 10_000 else 0.05) * wanted
    if name == "transformer" and wanted > 10_000:
        assert heads_for(width) > 1


def test_one_unit_is_the_least():
    width = width_for(lambda n: torch.nn.Linear(n, 100), 1)
    assert width == 1
