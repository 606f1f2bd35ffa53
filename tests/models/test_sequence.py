"""The network: padding has no say, and pooling is what its name says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman._errors import InputError
from elman.models import POOLINGS, SequenceNetwork, check_cell

CELLS = ("rnn", "gru", "lstm")


def network(cell="gru", **kw):
    torch.manual_seed(3)
    return SequenceNetwork(cell, 2, 5, 3, **kw).double().eval()


def rows():
    draw = torch.Generator().manual_seed(1)
    return [torch.randn(n, 2, generator=draw, dtype=torch.float64) for n in (4, 1, 6)]


def batch(sequences, extra=0):
    longest = max(map(len, sequences)) + extra
    x = torch.full((len(sequences), longest, 2), 99.0, dtype=torch.float64)
    for place, sequence in zip(x, sequences, strict=True):
        place[: len(sequence)] = sequence
    return x, torch.tensor([len(s) for s in sequences])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("bidirectional", [True, False])
def test_a_batch_equals_its_sequences_alone(cell, pooling, bidirectional):
    """Whatever stands in the padding, and however much of it there is."""
    net = network(cell, pooling=pooling, bidirectional=bidirectional, num_layers=2)
    together = net(*batch(rows(), extra=3))
    alone = torch.cat([net(*batch([row])) for row in rows()])
    assert together.shape == (3, 3)
    # Sums of a few hundred terms of order one, in float64.
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-13)


@pytest.mark.parametrize("cell", CELLS)
def test_per_step_outputs(cell):
    net = network(cell, per_step=True)
    x, lengths = batch(rows(), extra=2)
    together = net(x, lengths)
    assert together.shape == (3, 8, 3)
    for place, row in zip(together, rows(), strict=True):
        alone = net(*batch([row]))[0]
        torch.testing.assert_close(place[: len(row)], alone, rtol=0, atol=1e-13)


def test_one_direction_does_not_see_later_steps():
    net = network(per_step=True, bidirectional=False)
    x, lengths = batch(rows())
    changed = x.clone()
    changed[2, 4:] += 1.0
    before, after = net(x, lengths)[2], net(changed, lengths)[2]
    assert torch.equal(before[:4], after[:4])
    assert not torch.equal(before[4], after[4])


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "auto", "attention"])
def test_pooling_against_its_definition(pooling):
    net = network(pooling=pooling)
    (row,) = rows()[2:]
    x, lengths = batch([row])
    with torch.no_grad():
        h = net.encoder(x, lengths=lengths)[0][0].numpy()
        # Forwards, the last state is at the end; backwards, at the start.
        last = np.concatenate([h[-1, :5], h[0, 5:]])
        if pooling == "attention":
            score = h @ net.pool.score.weight.numpy()[0] + net.pool.score.bias.numpy()
            weight = np.exp(score) / np.exp(score).sum()
        features = {
            "last": lambda: last,
            "mean": lambda: h.mean(0),
            "max": lambda: h.max(0),
            "auto": lambda: np.concatenate([last, h.mean(0)]),
            "attention": lambda: weight @ h,
        }[pooling]()
        expected = net.head.weight.numpy() @ features + net.head.bias.numpy()
        found = net(x, lengths)[0].numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_dropout_acts_in_training_alone():
    net = network(dropout=0.5)
    x, lengths = batch(rows())
    assert torch.equal(net(x, lengths), net(x, lengths))
    net.train()
    assert not torch.equal(net(x, lengths), net(x, lengths))


def test_gradients_reach_every_weight():
    net = network("lstm", pooling="attention", num_layers=2).train()
    net(*batch(rows())).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0 or name == "pool.score.bias"


def test_unknown_cell_suggests_the_nearest():
    with pytest.raises(InputError, match="'gruu'; did you mean 'gru'"):
        check_cell("gruu")
    with pytest.raises(InputError, match="rnn, gru, lstm"):
        check_cell(None)
