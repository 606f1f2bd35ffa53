"""Layers and cells in random surroundings equal torch.nn's there."""

from __future__ import annotations

import os

import pytest

from fuzz.layer_compare import check, drawn
from fuzz.layer_faults import FAULTS
from fuzz.layer_runs import failures

COUNT = int(os.environ.get("ELMAN_FUZZ", 100))
"""Draws a test; each is named by its seed."""


@pytest.mark.parametrize("part", range(4))
def test_a_call_equals_torchs_whatever_surrounds_it(part):
    quick = [] if "ELMAN_FUZZ" in os.environ else ["quick"]
    assert failures(part * COUNT, COUNT, *quick) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    assert failures(0, 100, "quick", "first", fault)


def test_a_draw_is_named_by_its_seed():
    assert drawn(7) == drawn(7)
    assert str(drawn(7)).startswith("seed 7: ")


def test_a_sound_draw_has_no_difference():
    sound = next(d for d in map(drawn, range(50)) if d.driver == "eager")
    assert check(sound) is None
