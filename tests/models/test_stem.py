"""Fewer steps before an encoder: how many, from where, and untouched by padding."""

from __future__ import annotations

import pytest
import torch

from elman._errors import InputError
from elman.models import STEMS, SequenceNetwork, stem_from

CONFIGS = (
    {"kind": "patch", "size": 4},
    {"kind": "patch", "size": 6, "stride": 3},
    {"kind": "convolution", "strides": [2, 3], "kernel_size": 5},
)


def stem(config):
    torch.manual_seed(2)
    return stem_from({**config, "channels": 2, "width": 8}).double()


def sequences():
    draw = torch.Generator().manual_seed(1)
    return [torch.randn(n, 2, generator=draw, dtype=torch.float64) for n in (9, 1, 14)]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_a_batch_equals_its_sequences_alone(config):
    shorten = stem(config)
    rows = sequences()
    values = torch.full((3, 20, 2), torch.nan, dtype=torch.float64)
    for place, row in zip(values, rows, strict=True):
        place[: len(row)] = row
    lengths = torch.tensor([len(row) for row in rows])
    together, left = shorten(values, lengths)
    assert torch.equal(left, shorten.lengths(lengths))
    for place, row, steps in zip(together, rows, left, strict=True):
        alone, none = shorten(row[None])
        assert none is None
        assert alone.shape == (1, int(steps), 8)
        torch.testing.assert_close(place[:steps], alone[0], rtol=0, atol=1e-12)
        assert (place[steps:] == 0).all()


def test_patches_against_their_equation():
    shorten = stem({"kind": "patch", "size": 3, "stride": 2})
    (_, _, row) = sequences()
    weight, bias = shorten.filter.weight, shorten.filter.bias
    padded = torch.cat([row, row.new_zeros(1, 2)])
    expected = [
        bias + sum(weight[:, :, i] @ padded[2 * k + i] for i in range(3))
        for k in range(7)
    ]
    found, _ = shorten(row[None])
    torch.testing.assert_close(found[0], torch.stack(expected), rtol=0, atol=1e-12)


def test_every_step_counts():
    for config in CONFIGS:
        shorten = stem(config)
        values = torch.zeros(1, 15, 2, dtype=torch.float64, requires_grad=True)
        shorten(values + torch.randn_like(values))[0].square().sum().backward()
        assert (values.grad.abs().sum(-1) > 0).all()


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("cell", ["gru", "tcn", "transformer"])
def test_a_network_with_a_stem(config, cell):
    torch.manual_seed(0)
    network = SequenceNetwork(cell, 2, 8, 3, stem={**config, "width": 5})
    again = SequenceNetwork(**network.config())
    again.load_state_dict(network.state_dict())
    values, lengths = torch.randn(4, 30, 2), torch.tensor([30, 2, 17, 8])
    found = network.eval()(values, lengths)
    assert found.shape == (4, 3)
    assert torch.equal(found, again.eval()(values, lengths))
    assert network.encoded_lengths(lengths).tolist() == [
        int(network.stem.lengths(n)) for n in lengths
    ]


def test_what_cannot_be():
    with pytest.raises(InputError, match="one target a step"):
        SequenceNetwork("gru", 2, 8, 3, per_step=True, stem={"kind": "patch"})
    with pytest.raises(InputError, match="kind must be one of patch, convolution"):
        stem_from({"kind": "patches", "channels": 2, "width": 3})
    with pytest.raises(InputError, match="stride: 5 is more than the 4 steps"):
        STEMS["patch"](2, 8, size=4, stride=5)
    with pytest.raises(InputError, match="strides: got none"):
        STEMS["convolution"](2, 8, strides=[])
