"""Every combination of options against torch.nn in float64.

Outputs, states and all gradients, with the weights exchanged as a state_dict.
"""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from elman import layers, ops
from tolerance import assert_close

T, B, I, H, P = 5, 3, 4, 6, 2
LENGTHS = [3, 5, 1]

CELLS = {
    "rnn-tanh": (layers.RNN, nn.RNN, {}),
    "rnn-relu": (layers.RNN, nn.RNN, {"nonlinearity": "relu"}),
    "gru": (layers.GRU, nn.GRU, {}),
    "lstm": (layers.LSTM, nn.LSTM, {}),
    "lstm-projected": (layers.LSTM, nn.LSTM, {"proj_size": P}),
}

# Which forms a batch can take; the lengths go to ours as lengths=.
FORMS = ("dense", "unbatched", "ragged", "packed")


def pair(name, **options):
    ours, theirs, more = CELLS[name]
    a = ours(I, H, dtype=torch.float64, **options, **more)
    b = theirs(I, H, dtype=torch.float64, **options, **more)
    b.load_state_dict(a.state_dict())
    return a, b


def inputs(layer, form):
    if form == "unbatched":
        x = torch.randn(T, I, dtype=torch.float64)
    else:
        shape = (B, T, I) if layer.batch_first else (T, B, I)
        x = torch.randn(shape, dtype=torch.float64)
    places = layer.num_layers * (1 + layer.bidirectional)
    rows = () if form == "unbatched" else (B,)
    widths = [layer.proj_size or H] + [H] * (layer.mode == "LSTM")
    state = tuple(torch.randn(places, *rows, w, dtype=torch.float64) for w in widths)
    return x, state


def solve(layer, form, x, state, packed):
    """Return outputs and the gradients of a random functional of them."""
    x = x.clone().requires_grad_()
    state = tuple(s.clone().requires_grad_() for s in state)
    hx = state if len(state) == 2 else state[0]
    given, options = x, {}
    if form in ("ragged", "packed") and packed:
        given = pack_padded_sequence(
            x, LENGTHS, batch_first=layer.batch_first, enforce_sorted=False
        )
    elif form == "ragged":
        options["lengths"] = LENGTHS
    y, last = layer(given, hx, **options)
    if given is not x:
        y, _ = pad_packed_sequence(y, batch_first=layer.batch_first, total_length=T)
    outputs = [y, *(last if isinstance(last, tuple) else (last,))]
    random = torch.Generator().manual_seed(1)
    total = sum(
        (o * torch.randn(o.shape, generator=random, dtype=torch.float64)).sum()
        for o in outputs
    )
    named = {"x": x, **{f"s{k}": s for k, s in enumerate(state)}}
    named |= dict(layer.named_parameters())
    grads = torch.autograd.grad(total, list(named.values()))
    values = dict(zip(["y", "h_n", "c_n"], outputs, strict=False))
    return values | {f"d {k}": g for k, g in zip(named, grads, strict=True)}


@pytest.mark.parametrize("path", [None, "composite"], ids=["chosen", "composite"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CELLS)
def test_every_combination_of_options(name, form, path):
    for num_layers, both, bias, batch_first in itertools.product(
        (1, 2), (False, True), (False, True), (False, True)
    ):
        ours, theirs = pair(
            name,
            num_layers=num_layers,
            bidirectional=both,
            bias=bias,
            batch_first=batch_first,
        )
        x, state = inputs(ours, form)
        expected = solve(theirs, form, x, state, packed=True)
        if path is None:
            actual = solve(ours, form, x, state, packed=form == "packed")
        else:
            with ops.force_path(path):
                actual = solve(ours, form, x, state, packed=form == "packed")
        assert actual.keys() == expected.keys()
        for key, value in actual.items():
            assert_close(
                value,
                expected[key],
                summands=max(I + 4 * H, T * B),
                steps=T * num_layers,
                what=f"{key} with {num_layers=} {both=} {bias=} {batch_first=}",
            )


@pytest.mark.parametrize("name", CELLS)
def test_state_dicts_go_both_ways(name):
    ours, theirs = pair(name, num_layers=2, bidirectional=True)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for parameter in theirs.parameters():
        nn.init.normal_(parameter)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    for key, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value)


@pytest.mark.parametrize("name", CELLS)
def test_the_same_seed_draws_torchs_initial_weights(name):
    ours, theirs, more = CELLS[name]
    torch.manual_seed(3)
    a = ours(I, H, 2, bidirectional=True, **more)
    torch.manual_seed(3)
    b = theirs(I, H, 2, bidirectional=True, **more)
    for key, value in b.state_dict().items():
        assert torch.equal(a.state_dict()[key], value)


@pytest.mark.parametrize("name", CELLS)
def test_attributes_are_torchs(name):
    ours, theirs = pair(name, num_layers=2, bidirectional=True, dropout=0.25)
    public = [k for k in vars(theirs) if not k.startswith("_")]
    assert public
    for key in public:
        assert getattr(ours, key) == getattr(theirs, key)
    assert len(ours.all_weights) == len(theirs.all_weights)
    assert isinstance(ours, nn.RNNBase)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_dropout_between_layers_draws_as_torchs(name, batch_first):
    ours, theirs = pair(name, num_layers=3, dropout=0.5, batch_first=batch_first)
    x, _ = inputs(ours, "dense")
    torch.manual_seed(5)
    expected = theirs(x)[0]
    torch.manual_seed(5)
    actual = ours(x)[0]
    assert_close(actual, expected, summands=I + 4 * H, steps=T * 3)
    torch.manual_seed(6)
    assert not torch.allclose(ours(x)[0], actual)
    assert torch.equal(ours.eval()(x)[0], ours(x)[0])


def test_positional_arguments_are_torchs():
    assert layers.RNN(3, 5, 2, "relu", False, True, 0.1, True).mode == "RNN_RELU"
    gru = layers.GRU(3, 5, 2, False, True, 0.1, True)
    assert (gru.bias, gru.batch_first, gru.dropout, gru.bidirectional) == (
        False,
        True,
        0.1,
        True,
    )
    assert layers.LSTM(3, 5, 2, True, False, 0.1, True, 2).proj_size == 2


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"hidden_size": 0}, ValueError),
        ({"num_layers": 0}, ValueError),
        ({"hidden_size": 2.5}, TypeError),
        ({"dropout": 2}, ValueError),
        ({"bias": 1}, TypeError),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["rnn-tanh", "gru", "lstm"])
def test_constructor_errors_are_torchs(name, bad, error):
    ours, theirs, _ = CELLS[name]
    options = {"input_size": 3, "hidden_size": 4, **bad}
    try:
        theirs(**options)
    except error as raised:
        expected = raised
    else:
        assert bad == {"bias": 1}  # which torch refuses from 2.11 on
        ours(**options)
        return
    with pytest.raises(error) as actual:
        ours(**options)
    assert str(actual.value) == str(expected)
