"""A sample of windows: in order, the same each time, and at no fixed distance."""

from __future__ import annotations

import numpy as np

from elman.tasks._sampled import sampled


def test_all_where_there_are_few():
    assert sampled(7, 7).tolist() == list(range(7))
    assert sampled(0, 7).tolist() == []


def test_many_are_drawn_in_order_and_every_hour_of_the_day_alike():
    drawn = sampled(120_000, 40_000)
    assert len(drawn) == 40_000
    assert (np.diff(drawn) > 0).all()
    assert np.array_equal(drawn, sampled(120_000, 40_000))
    hours = np.bincount(drawn % 24, minlength=24)
    assert hours.min() > 0.9 * hours.max()
    assert len(set(np.diff(drawn))) > 3
