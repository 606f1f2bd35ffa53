"""Random convolutions, competing kernels and a reservoir: features by their text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.models import CompetingKernels, ConvolutionFeatures, Reservoir
from elman.models._convolution_features import (
    _PATTERNS,
    TAPS,
    channel_mixes,
    dilations_for,
)


def noise(lengths=(40, 25, 9, 1), channels=3, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(t, channels)).astype(np.float32) for t in lengths]


def drawn(kind, sequences, seed=0):
    rng = np.random.default_rng(seed)
    if kind == "convolutions":
        return ConvolutionFeatures.drawn(sequences, rng, 500)
    if kind == "kernels":
        return CompetingKernels.drawn(sequences, rng, 4)
    return Reservoir.drawn(sequences[0].shape[1], 30, rng)


def padded(sequences, beyond=0):
    lengths = torch.tensor([len(s) for s in sequences])
    values = torch.zeros(len(sequences), int(lengths.max()) + beyond, 3)
    for i, s in enumerate(sequences):
        values[i, : len(s)] = torch.from_numpy(s)
    return values, lengths


KINDS = ["convolutions", "kernels", "reservoir"]


@pytest.mark.parametrize("kind", KINDS)
def test_padding_and_the_other_rows_change_nothing(kind):
    sequences = noise()
    module = drawn(kind, sequences)
    together = module(*padded(sequences, beyond=7))
    for row, sequence in zip(together, sequences, strict=True):
        alone = module(*padded([sequence]))[0]
        torch.testing.assert_close(row, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_generator_alone_decides(kind):
    sequences = noise()
    values = padded(sequences)
    first = drawn(kind, sequences, 3)(*values)
    assert torch.equal(first, drawn(kind, sequences, 3)(*values))
    assert not torch.equal(first, drawn(kind, sequences, 4)(*values))


def test_responses_above_a_threshold_are_counted_measured_and_placed():
    sequence = noise((30,), 1)[0]
    mixed = torch.ones(1, 84, 1, dtype=torch.bool)
    module = ConvolutionFeatures(torch.tensor([2]), mixed, torch.full((1, 84, 1), 0.3))
    found = module(torch.from_numpy(sequence[None]), torch.tensor([30]))[0].view(3, 84)
    x = np.pad(sequence[:, 0], 8)
    for k, kernel in enumerate(_PATTERNS):
        z = np.array([kernel @ x[t : t + 2 * TAPS : 2] for t in range(30)])
        above = z > 0.3
        assert found[0, k] == pytest.approx(above.mean(), abs=1e-6)
        assert found[1, k] == pytest.approx((z[above] - 0.3).mean(), rel=1e-4)
        assert found[2, k] == pytest.approx(np.flatnonzero(above).mean() / 30, rel=1e-4)


def test_where_nothing_exceeds_a_threshold_the_place_is_negative():
    mixed = torch.ones(1, 84, 1, dtype=torch.bool)
    module = ConvolutionFeatures(torch.tensor([1]), mixed, torch.full((1, 84, 1), 1e6))
    found = module(torch.zeros(1, 5, 1), torch.tensor([5]))[0].view(3, 84)
    assert (found[:2] == 0).all()
    assert (found[2] < 0).all()


def test_every_step_has_one_winner_in_each_group():
    sequence = noise((50,))[0]
    module = drawn("kernels", [sequence])
    found = module(torch.from_numpy(sequence[None]), torch.tensor([50]))[0].square()
    least = found.view(len(module.dilations), 2, 4, 8)[:, 1]
    torch.testing.assert_close(least.sum(-1), torch.ones(least.shape[:-1]))


def test_a_reservoir_is_what_its_equation_says():
    module = drawn("reservoir", noise())
    x = noise((12,))[0]
    cell = module.cell
    into = cell.weight_ih_l0[60:].double().numpy()
    within = cell.weight_hh_l0[60:].double().numpy()
    bias = cell.bias_ih_l0[60:].double().numpy()
    kept = torch.sigmoid(cell.bias_ih_l0[30:60].double()).numpy()
    assert np.abs(np.linalg.eigvals(within)).max() == pytest.approx(0.95, rel=1e-5)
    h, states = np.zeros(30), []
    for step in x:
        h = kept * h + (1 - kept) * np.tanh(into @ step + within @ h + bias)
        states.append(h)
    states = np.array(states)
    wanted = [states[-1], states.mean(0), states.std(0), states.max(0)]
    found = module(torch.from_numpy(x[None]), torch.tensor([12]))[0].numpy()
    np.testing.assert_allclose(found, np.concatenate(wanted), atol=2e-4)


def test_dilations_span_the_typical_sequence():
    assert dilations_for(noise((5, 6)), 8) == [1]
    spread = dilations_for(noise((161, 161)), 8)
    assert (spread[0], spread[-1]) == (1, 20)
    assert spread == sorted(set(spread))


def test_each_kernel_reads_at_least_one_channel():
    mixes = channel_mixes(84, 12, np.random.default_rng(0))
    assert mixes.any(1).all()
    assert mixes.sum(1).max() <= 9
    assert channel_mixes(5, 1, np.random.default_rng(0)).all()
