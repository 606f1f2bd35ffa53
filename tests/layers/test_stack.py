"""The driver: the order of places, what each is given, and dropout between layers."""

from __future__ import annotations

import pytest
import torch

from elman.layers import run_stack


def recorded(layers, directions, dropout=None):
    """Run a stack whose layers add 1, or 10 backwards, and say what they were given."""
    seen = []

    def run_one(place, x, reverse):
        seen.append((place, x.shape[-1], reverse))
        return x[..., :1] + (10 if reverse else 1), (f"h{place}", f"c{place}")

    y, states = run_stack(torch.zeros(3, 2, 5), layers, directions, run_one, dropout)
    return y, states, seen


def test_one_direction():
    y, states, seen = recorded(3, 1)
    assert seen == [(0, 5, False), (1, 1, False), (2, 1, False)]
    assert states == [("h0", "c0"), ("h1", "c1"), ("h2", "c2")]
    assert torch.equal(y, torch.full((3, 2, 1), 3.0))


def test_two_directions_side_by_side():
    y, states, seen = recorded(2, 2)
    assert seen == [(0, 5, False), (1, 5, True), (2, 2, False), (3, 2, True)]
    assert [h for h, _ in states] == ["h0", "h1", "h2", "h3"]
    # Both directions of the second layer see the first column of the first.
    assert torch.equal(y, torch.tensor([2.0, 11.0]).expand(3, 2, 2))


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_dropout_lies_between_layers_only(layers):
    times = []

    def dropout(x):
        times.append(x)
        return x * 0

    y, *_ = recorded(layers, 2, dropout)
    assert len(times) == layers - 1
    assert torch.equal(y[0, 0], torch.tensor([1.0, 10.0]))
