"""The correction is kept as far as its gain is sure."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.models import HighwayNetwork
from elman.tasks.forecast.intervals._gate import apply_gate, gate, gate_notes


def errors(gain: float, noise: float, windows: int = 400, horizon: int = 4):
    """Return truth, a start that errs by 1, and what gains so much on average."""
    rng = np.random.default_rng(0)
    start = np.zeros((windows, horizon, 1))
    truth = np.ones_like(start)
    gains = rng.normal(gain, noise, size=(windows, 1, 1))
    return truth, start, start + gains


def test_a_sure_gain_is_kept_whole():
    decided = gate(*errors(0.3, 0.1), squared=False)
    assert decided.share > 0.99
    assert decided.gain == pytest.approx(0.3, abs=0.02)
    assert gate_notes(decided) == []


def test_a_gain_within_its_noise_is_left_out():
    truth, start, corrected = errors(0.02, 3.0, windows=40)
    decided = gate(truth, start, corrected, squared=False)
    assert decided.share == 0


def test_a_gain_between_is_kept_in_part():
    truth, start, corrected = errors(0.1, 0.4)
    decided = gate(truth, start, corrected, squared=False)
    assert 0 < decided.share < 1
    assert "is kept" in gate_notes(decided)[0]


def test_a_correction_that_goes_too_far_is_shortened():
    truth, start, corrected = errors(2.0, 0.01)
    decided = gate(truth, start, corrected, squared=False)
    assert decided.share == pytest.approx(0.5, abs=0.01)


def test_one_window_says_nothing():
    truth, start, corrected = errors(0.5, 0.1, windows=1)
    decided = gate(truth, start, corrected, squared=False)
    assert decided.share == 0
    assert "unknown" in gate_notes(decided)[0]


def test_unknown_truth_decides_nothing():
    truth, start, corrected = errors(0.3, 0.1)
    nothing = gate(np.full_like(truth, np.nan), start, corrected, squared=False)
    assert nothing.share == 0
    truth[::2] = np.nan
    truth[1::2, 0] = np.nan
    assert gate(truth, start, corrected, squared=False).share > 0.9


def test_the_share_multiplies_the_correction():
    network = HighwayNetwork("gru", 2, 1, 1, hidden_size=3).eval()
    torch.nn.init.normal_(network.head.weight)
    inputs = (torch.randn(2, 5, 2), torch.randn(2, 4, 1), torch.randn(2, 4, 1))
    with torch.no_grad():
        whole = network(*inputs) - inputs[2]
        apply_gate(network, 0.25)
        part = network(*inputs) - inputs[2]
    torch.testing.assert_close(part, whole / 4)


def test_a_long_forecast_of_several_targets_is_taken_at_its_mean_gain():
    rng = np.random.default_rng(5)
    truth = rng.normal(size=(60, 20, 3))
    start = np.zeros_like(truth)
    better = 0.02 * truth + 0.1 * rng.normal(size=(60, 1, 1))
    unsure = gate(truth, start, better, squared=True)
    kept = gate(truth, start, better, squared=True, shortened=False)
    assert unsure.gain == kept.gain > 0
    assert 0 < unsure.share < kept.share
    assert gate(truth, start, -truth, squared=True, shortened=False).share == 0


def test_windows_apart_are_surer_than_overlapping_ones():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(60, 6, 1))
    corrected = truth * 0.2 + 0.9 * rng.normal(size=truth.shape)
    noises = [
        gate(truth, np.zeros_like(truth), corrected, squared=False, apart=n).noise
        for n in (None, 10, 30, 60)
    ]
    assert noises[0] == noises[1] > noises[2] > noises[3]
