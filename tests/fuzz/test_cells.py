"""Layers of random cells in random forms equal a loop over their steps."""

from __future__ import annotations

import os

import pytest

from elman.layers import CellLayer
from fuzz.cell_layers import check, drawn

COUNT = int(os.environ.get("ELMAN_FUZZ", 25))
"""Draws a test; each is named by its seed."""


def wrong(first: int, count: int) -> list[str]:
    found = [(given, check(given)) for given in map(drawn, range(first, first + count))]
    return [f"{given}: {difference}" for given, difference in found if difference]


@pytest.mark.parametrize("part", range(4))
def test_a_layer_is_a_loop_over_its_steps(part):
    assert wrong(part * COUNT, COUNT) == []


def lengths_lost(layer, call):
    return call._replace(lengths=None)


def one_state_for_all(layer, call):
    return call._replace(state=(call.state[0],) * len(call.state))


@pytest.mark.parametrize("fault", [lengths_lost, one_state_for_all])
def test_a_planted_fault_is_found(fault, monkeypatch):
    ours = CellLayer._call
    monkeypatch.setattr(
        CellLayer, "_call", lambda self, *a, **k: fault(self, ours(self, *a, **k))
    )
    assert wrong(0, 25)


def test_a_draw_is_named_by_its_seed():
    assert str(drawn(7)) == str(drawn(7))
