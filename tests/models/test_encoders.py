"""What is true of every encoder: padding, other rows and the future have no say."""

from __future__ import annotations

import pytest
import torch

from elman._errors import InputError
from elman.models import (
    ENCODERS,
    ConvolutionEncoder,
    SequenceNetwork,
    TransformerEncoder,
    check_encoder,
    heads_for,
    levels_for,
)

NAMES = tuple(ENCODERS)
# Sums of at most a few hundred terms of order one, in float64.
ROUNDING = {"rtol": 0, "atol": 1e-12}


def encoder(name, **options):
    torch.manual_seed(3)
    options = {"num_layers": 2, **options}
    return ENCODERS[name](2, 16, **options).double().eval()


def batch(*, junk=float("nan"), extra=0, order=(0, 1, 2)):
    """Three sequences of 7, 1 and 12 steps, with anything at all beyond them."""
    draw = torch.Generator().manual_seed(1)
    rows = [torch.randn(n, 2, generator=draw, dtype=torch.float64) for n in (7, 1, 12)]
    rows = [rows[i] for i in order]
    values = torch.full((3, 12 + extra, 2), junk, dtype=torch.float64)
    for place, row in zip(values, rows, strict=True):
        place[: len(row)] = row
    return values, torch.tensor([len(row) for row in rows])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_a_batch_equals_its_sequences_alone(name, both, training):
    """With gradients and without: torch has another way for a Transformer there."""
    encode = encoder(name, bidirectional=both).requires_grad_(training)
    values, lengths = batch(extra=5)
    together = encode(values, lengths)
    assert together.steps.shape == (3, 17, encode.width)
    assert together.last.shape == (3, encode.width)
    for row, length in enumerate(lengths):
        alone = encode(values[row : row + 1, :length])
        torch.testing.assert_close(
            together.steps[row, :length], alone.steps[0], **ROUNDING
        )
        torch.testing.assert_close(together.last[row], alone.last[0], **ROUNDING)
        assert (together.steps[row, length:] == 0).all()
        assert together.mask[row].tolist() == [t < length for t in range(17)]
        assert alone.mask.all()


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_changes_nothing(name):
    encode = encoder(name)
    first = encode(*batch())
    order = [2, 0, 1]
    second = encode(*batch(order=order))
    torch.testing.assert_close(first.steps[order], second.steps, **ROUNDING)
    torch.testing.assert_close(first.last[order], second.last, **ROUNDING)


@pytest.mark.parametrize("name", NAMES)
def test_one_way_sees_nothing_later_and_both_ways_do(name):
    values, lengths = batch()
    changed = values.clone()
    changed[2, 8:] += 1.0
    for both in (False, True):
        encode = encoder(name, bidirectional=both)
        before = encode(values, lengths).steps[2]
        after = encode(changed, lengths).steps[2]
        same = torch.isclose(before, after, **ROUNDING).all(-1)
        assert same[:8].all() != both
        assert not same[8]


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_weight_and_no_padding(name):
    encode = encoder(name, dropout=0.1).train()
    values, lengths = batch(junk=3.0)
    values.requires_grad_()
    found = encode(values, lengths)
    (found.steps.square().sum() + found.last.sum()).backward()
    for label, parameter in encode.named_parameters():
        assert parameter.grad is not None, label
    beyond = ~found.mask
    assert (values.grad[beyond] == 0).all()
    assert (values.grad[~beyond] != 0).any()


@pytest.mark.parametrize("name", NAMES)
def test_dropout_acts_in_training_alone(name):
    encode = encoder(name, dropout=0.5)
    values, lengths = batch()
    assert torch.equal(encode(values, lengths).last, encode(values, lengths).last)
    encode.train()
    assert not torch.equal(encode(values, lengths).last, encode(values, lengths).last)


@pytest.mark.parametrize("name", NAMES)
def test_config_and_weights_give_the_encoder_back(name):
    encode = encoder(name, num_layers=3, bidirectional=False)
    again = type(encode)(**encode.config()).double().eval()
    assert again.config() == encode.config()
    assert not any(isinstance(v, torch.Tensor) for v in encode.config().values())
    again.load_state_dict(encode.state_dict())
    values, lengths = batch()
    torch.testing.assert_close(
        encode(values, lengths).steps, again(values, lengths).steps, rtol=0, atol=0
    )


@pytest.mark.parametrize("name", ["tcn", "transformer"])
def test_without_recurrence_there_is_no_state(name):
    encode = encoder(name)
    values, lengths = batch()
    assert encode(values, lengths).state is None
    with pytest.raises(InputError, match=f"state: a {name} encoder carries no state"):
        encode(values, lengths, torch.zeros(1))


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
def test_a_recurrent_encoder_goes_on_from_its_state(name):
    encode = encoder(name, bidirectional=False)
    values, _ = batch(junk=0.5)
    whole = encode(values)
    first = encode(values[:, :5])
    second = encode(values[:, 5:], state=first.state)
    torch.testing.assert_close(whole.steps[:, 5:], second.steps, **ROUNDING)
    torch.testing.assert_close(whole.last, second.last, **ROUNDING)


def test_the_names_of_the_weights_stay():
    """Stored networks are found again by these."""
    found = {name: list(encoder(name).state_dict())[:3] for name in NAMES}
    assert found["gru"] == [
        "stack.weight_ih_l0",
        "stack.weight_hh_l0",
        "stack.bias_ih_l0",
    ]
    assert found["tcn"] == [
        "blocks.0.first.bias",
        "blocks.0.first.parametrizations.weight.original0",
        "blocks.0.first.parametrizations.weight.original1",
    ]
    assert found["transformer"] == [
        "place",
        "enter.weight",
        "enter.bias",
    ]


def test_a_name_that_is_none():
    with pytest.raises(InputError, match="got 'tnc'; did you mean 'tcn'"):
        check_encoder("tnc")


@pytest.mark.parametrize("steps", [1, 2, 5, 6, 13, 100, 1460])
def test_levels_are_the_fewest_that_see_so_many_steps(steps):
    levels = levels_for(steps)
    assert ConvolutionEncoder(1, 2, num_layers=levels).sees >= steps
    if levels > 1:
        assert ConvolutionEncoder(1, 2, num_layers=levels - 1).sees < steps


def test_a_convolution_sees_as_many_steps_as_it_says():
    encode = encoder("tcn", bidirectional=False)
    assert encode.sees == 13
    values = torch.zeros(1, 40, 2, dtype=torch.float64, requires_grad=True)
    encode(values + 1.0).steps[0, 30].sum().backward()
    seen = values.grad[0].abs().sum(-1).nonzero().flatten()
    assert seen.min() >= 18
    assert seen.max() == 30


def test_a_convolution_against_its_equation():
    """One block, by hand, in its causal form."""
    encode = encoder("tcn", num_layers=1, bidirectional=False)
    values = batch()[0][2:]
    block = encode.blocks[0]

    def filtered(layer, x):
        past = torch.cat([x.new_zeros(2, x.shape[1]), x])
        weight = layer.weight  # (W, C, k), the newest step last
        sums = [
            sum(weight[:, :, 2 - i] @ past[t + 2 - i] for i in range(3))
            for t in range(len(x))
        ]
        return torch.relu(torch.stack(sums) + layer.bias)

    x = values[0]
    inner = filtered(block.second, filtered(block.first, x))
    past = x @ block.past.weight[..., 0].T + block.past.bias
    expected = torch.relu(inner + past)
    torch.testing.assert_close(encode(values).steps[0], expected, **ROUNDING)


def test_heads_divide_the_width():
    assert [heads_for(n) for n in (7, 16, 24, 64, 100)] == [1, 2, 3, 8, 5]
    with pytest.raises(InputError, match=r"heads: 5 do not divide hidden_size, 16"):
        TransformerEncoder(2, 16, heads=5)


def test_a_transformer_tells_places_apart():
    encode = encoder("transformer")
    values = torch.ones(1, 6, 2, dtype=torch.float64)
    steps = encode(values).steps[0]
    assert not torch.isclose(steps[0], steps[3], atol=1e-6).all()


@pytest.mark.parametrize("name", NAMES)
def test_networks_that_were_stored_before_load(name):
    """The layer stood where its encoder is, and the score was the network's own."""
    torch.manual_seed(0)
    network = SequenceNetwork(name, 2, 16, 3, pooling="attention").eval()
    stored = {
        key.replace("encoder.stack.", "encoder.").replace("pool.score.", "score."): v
        for key, v in network.state_dict().items()
    }
    assert "score.weight" in stored
    again = SequenceNetwork(**network.config()).eval()
    again.load_state_dict(stored)
    values, lengths = batch(junk=0.0)
    with torch.no_grad():
        assert torch.equal(
            network(values.float(), lengths), again(values.float(), lengths)
        )


def test_a_deep_convolution_begins_no_louder_than_a_shallow_one():
    """Else eight blocks, each adding as much as it gets, begin at sixteen times."""
    draw = torch.Generator().manual_seed(0)
    values = torch.randn(8, 100, 1, generator=draw)
    torch.manual_seed(0)
    for levels in (1, 4, 8):
        steps = ConvolutionEncoder(1, 64, num_layers=levels)(values).steps
        assert 0.5 < steps.std() < 2
