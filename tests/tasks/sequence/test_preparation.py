"""Filling, flagging and scaling of sequences."""

from __future__ import annotations

import numpy as np

from elman.tasks.sequence._preparation import Preparation, forward_filled

NAN = np.nan


def rows(seed=0, n=20, channels=2):
    rng = np.random.default_rng(seed)
    return [
        rng.normal([3.0, -50.0][:channels], [2.0, 9.0][:channels], (length, channels))
        for length in rng.integers(5, 30, n)
    ]


def test_channels_are_standardised_over_all_training_steps():
    sequences = rows()
    prepared = Preparation.fit(sequences).apply(sequences)
    steps = np.concatenate(prepared).astype(np.float64)
    eps = np.finfo(np.float32).eps
    assert np.abs(steps.mean(0)).max() < eps
    assert np.abs(steps.std(0) - 1).max() < 2 * eps
    assert all(p.dtype == np.float32 for p in prepared)
    assert [len(p) for p in prepared] == [len(s) for s in sequences]


def test_last_known_value_is_carried_forward():
    values = np.array([[NAN, 1.0], [2.0, NAN], [NAN, NAN], [5.0, 3.0]])
    expected = np.array([[NAN, 1.0], [2.0, 1.0], [2.0, 1.0], [5.0, 3.0]])
    assert np.array_equal(forward_filled(values), expected, equal_nan=True)


def test_gaps_are_filled_from_the_past_and_flagged():
    sequences = rows()
    sequences[0][0, 1] = NAN
    sequences[0][3, 1] = NAN
    preparation = Preparation.fit(sequences)
    assert preparation.flagged.tolist() == [1]
    assert preparation.channels == 3
    first = preparation.apply(sequences)[0]
    assert first[:, 2].tolist() == [1.0, 0, 0, 1, *[0] * (len(first) - 4)]
    assert first[0, 1] == 0  # nothing known before: the mean
    assert first[3, 1] == first[2, 1]
    assert "channel 1: filled 2 of" in preparation.notes(sequences)[0]


def test_a_gap_the_training_part_never_had_is_filled_without_a_flag():
    preparation = Preparation.fit(rows())
    later = rows(1)
    later[2][:] = NAN
    assert preparation.channels == 2
    assert np.array_equal(preparation.apply(later)[2], np.zeros_like(later[2]))


def test_one_wild_value_neither_breaks_nor_stretches_the_scale():
    clean = rows()
    wild = [s.copy() for s in clean]
    wild[4][2, 0] = 9831.0
    before, after = Preparation.fit(clean), Preparation.fit(wild)
    steps = sum(map(len, clean))
    # Without the one value, mean and deviation move by the order of 1/steps.
    assert abs(after.scaler.scale[0] / before.scaler.scale[0] - 1) < 10 / steps
    assert np.abs(after.apply(wild)[4]).max() < 60
    (note,) = after.notes(wild)
    assert "channel 0: clipped 1 of" in note
    assert "9831" in note


def test_comes_back_from_tensors():
    sequences = rows()
    sequences[3][1, 0] = NAN
    preparation = Preparation.fit(sequences)
    again = Preparation.from_tensors(preparation.tensors())
    for one, other in zip(
        preparation.apply(sequences), again.apply(sequences), strict=True
    ):
        assert np.array_equal(one, other)


def test_steps_are_read_as_one_side_by_side():
    sequences = rows()
    single, double = (Preparation.fit(sequences, frames) for frames in (1, 2))
    assert double.channels == 2 * single.channels
    for one, two in zip(single.apply(sequences), double.apply(sequences), strict=True):
        assert len(two) == -(-len(one) // 2)
        assert np.array_equal(two.reshape(-1, 2)[: len(one)], one)
        assert np.array_equal(two[-1, 2:], one[-1])
    again = Preparation.from_tensors(double.tensors())
    assert again.frames == 2
    earlier = {k: v for k, v in single.tensors().items() if "frames" not in k}
    assert Preparation.from_tensors(earlier).frames == 1
