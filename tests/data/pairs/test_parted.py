"""Pairs held out."""

from __future__ import annotations

import pytest

from elman.data import Pairs, held_out_pairs, met_before


@pytest.fixture
def pairs():
    source = [f"text {i // 3}" for i in range(60)]
    return Pairs(source, [f"number {i}" for i in range(60)])


def test_no_source_is_on_both_sides(pairs):
    training, held_out = held_out_pairs(pairs, 0.2, 100, seed=0)
    assert len(held_out) == 12
    assert len(training) + len(held_out) == 60
    assert not met_before(training, held_out)
    assert met_before(pairs, held_out) == 12


def test_it_is_drawn_by_the_seed_and_bounded(pairs):
    parts = [held_out_pairs(pairs, 0.5, 6, seed)[1] for seed in (0, 0, 1)]
    assert [len(part) for part in parts] == [6, 6, 6]
    assert parts[0].target == parts[1].target != parts[2].target


@pytest.mark.parametrize(("count", "held"), [(1000, 50), (120, 20), (60, 12), (9, 1)])
def test_a_few_are_held_out_whatever_the_share(count, held):
    pairs = Pairs([f"text {i}" for i in range(count)], ["number"] * count)
    assert len(held_out_pairs(pairs, 0.05, 100, 0)[1]) == held


def test_enough_stay_to_learn_from(pairs):
    assert len(held_out_pairs(pairs, 0.9, 100, 0, least=50)[0]) >= 50
    assert held_out_pairs(pairs, 0.0, 100, 0)[1] is None
    same = Pairs(["one"] * 5, list("abcde"))
    assert held_out_pairs(same, 0.4, 100, 0)[1] is None
