"""Keras' weights in the layers, against Keras' equations written out in NumPy."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
import torch
from tests.tolerance import assert_close
from torch import nn
from torch.nn.utils import parametrizations

import elman
from elman._errors import InputError
from elman.layers import from_keras, load_keras, to_keras

B, T, I, H = 3, 6, 4, 5
GATES = {"rnn": 1, "gru": 3, "gru_before": 3, "lstm": 4}
KINDS = list(itertools.product(GATES, [True, False], [False, True]))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def keras_layer(kind, weights, x, backwards=False):
    """Return every h of a Keras layer, (B, T, H), from the formulas of its docs."""
    kernel, recurrent = weights[:2]
    b = weights[2] if len(weights) == 3 else np.zeros(kernel.shape[1])
    units = len(recurrent)
    h, c = np.zeros((len(x), units)), np.zeros((len(x), units))
    found = np.zeros((*x.shape[:2], units))
    steps = range(x.shape[1])
    for t in reversed(steps) if backwards else steps:
        if kind == "rnn":
            h = np.tanh(x[:, t] @ kernel + b + h @ recurrent)
        elif kind == "lstm":
            i, f, u, o = np.split(x[:, t] @ kernel + h @ recurrent + b, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(u)
            h = sigmoid(o) * np.tanh(c)
        elif kind == "gru":
            b_in, b_rec = b if b.ndim == 2 else (b, b)
            xz, xr, xh = np.split(x[:, t] @ kernel + b_in, 3, axis=1)
            hz, hr, hh = np.split(h @ recurrent + b_rec, 3, axis=1)
            z, r = sigmoid(xz + hz), sigmoid(xr + hr)
            h = z * h + (1 - z) * np.tanh(xh + r * hh)
        else:
            xz, xr, xh = np.split(x[:, t] @ kernel + b, 3, axis=1)
            uz, ur, uh = np.split(recurrent, 3, axis=1)
            z, r = sigmoid(xz + h @ uz), sigmoid(xr + h @ ur)
            h = z * h + (1 - z) * np.tanh(xh + (r * h) @ uh)
        found[:, t] = h
    return found


def keras_model(kind, weights, x, bias, bidirectional, layers=1):
    """Return the outputs of a stack of Keras layers, each Bidirectional or not."""
    each = 3 if bias else 2
    rest = list(weights)
    for _ in range(layers):
        sides = []
        for backwards in (False, True) if bidirectional else (False,):
            sides.append(keras_layer(kind, rest[:each], x, backwards))
            del rest[:each]
        x = np.concatenate(sides, axis=-1)
    return x


def drawn(kind, bias, bidirectional, layers=1, inputs=I, seed=0):
    """Return what get_weights() of such a Keras layer looks like, in float64."""
    draw = np.random.default_rng(seed)
    gates = GATES[kind] * H
    found = []
    directions = 2 if bidirectional else 1
    for layer in range(layers):
        width = inputs if layer == 0 else directions * H
        shapes = [(width, gates), (H, gates)]
        if bias:
            shapes.append((2, gates) if kind == "gru" else (gates,))
        for _ in range(directions):
            found += [draw.uniform(-(H**-0.5), H**-0.5, shape) for shape in shapes]
    return found


def series(inputs=I):
    return np.random.default_rng(1).normal(size=(B, T, inputs))


def built(kind, *arguments, **options):
    if kind == "gru_before":
        options["reset_after"] = False
    return {"r": elman.RNN, "g": elman.GRU, "l": elman.LSTM}[kind[0]](
        *arguments, **options
    )


@pytest.mark.parametrize(("kind", "bias", "bidirectional"), KINDS)
@pytest.mark.parametrize("layers", [1, 2])
def test_outputs_are_keras(kind, bias, bidirectional, layers):
    weights = drawn(kind, bias, bidirectional, layers)
    options = {"reset_after": False} if kind == "gru_before" else {}
    layer = from_keras(weights, num_layers=layers, **options)
    expected = keras_model(kind, weights, series(), bias, bidirectional, layers)
    y = layer(torch.from_numpy(series()))[0]
    assert_close(y, expected, summands=2 * H + H, steps=T * layers)


@pytest.mark.parametrize(("kind", "bias", "bidirectional"), KINDS)
def test_there_and_back_are_the_same_bits(kind, bias, bidirectional):
    weights = drawn(kind, bias, bidirectional, 2)
    options = {"reset_after": False} if kind == "gru_before" else {}
    back = to_keras(from_keras(weights, num_layers=2, **options))
    assert len(back) == len(weights)
    for given, found in zip(weights, back, strict=True):
        assert given.dtype == found.dtype
        assert found.flags["C_CONTIGUOUS"]
        np.testing.assert_array_equal(found, given)


@pytest.mark.parametrize(("kind", "bias", "bidirectional"), KINDS)
def test_a_layer_of_its_own_goes_to_keras(kind, bias, bidirectional):
    """Both of torch's biases are drawn, so where Keras has one it is their sum."""
    torch.manual_seed(0)
    layer = built(
        kind,
        I,
        H,
        bias=bias,
        bidirectional=bidirectional,
        batch_first=True,
        dtype=torch.float64,
    )
    expected = keras_model(kind, to_keras(layer), series(), bias, bidirectional)
    y = layer(torch.from_numpy(series()))[0]
    assert_close(y, expected, summands=I + H, steps=T)


def test_two_inputs_do_not_make_a_kernel_a_bias():
    """A GRU's second kernel has a bias' shape, (2, 3·H), where I is 2."""
    weights = drawn("gru", False, True, inputs=2)
    layer = from_keras(weights)
    assert layer.bidirectional
    assert not layer.bias
    expected = keras_model("gru", weights, series(2), False, True)
    assert_close(
        layer(torch.from_numpy(series(2)))[0], expected, summands=2 + H, steps=T
    )


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("library", [nn, elman])
def test_cells_and_torch_layers(kind, library):
    weights = drawn(kind, True, False)
    expected = keras_layer(kind, weights, series())
    x = torch.from_numpy(series())
    layer = getattr(library, kind.upper())(I, H, batch_first=True).double()
    load_keras(layer, weights)
    assert_close(layer(x)[0], expected, summands=I + H, steps=T)
    cell = getattr(library, f"{kind.upper()}Cell")(I, H).double()
    load_keras(cell, weights)
    state = None
    for t in range(T):
        state = cell(x[:, t], state)
    h = state[0] if kind == "lstm" else state
    assert_close(h, expected[:, -1], summands=I + H, steps=T)
    for own in (layer, cell):
        for given, found in zip(weights, to_keras(own), strict=True):
            np.testing.assert_array_equal(found, given)


def test_a_layer_that_ran_uses_its_new_weights():
    layer, x = elman.GRU(I, H, batch_first=True), torch.from_numpy(series()).float()
    pointers = [p.data_ptr() for p in layer.parameters()]
    with torch.no_grad():
        layer(x), layer(x[:1, :1])
        weights = drawn("gru", True, False)
        load_keras(layer, weights)
        assert pointers == [p.data_ptr() for p in layer.parameters()]
        for rows in (x, x[:1, :1]):
            expected = keras_layer("gru", weights, rows.double().numpy())
            assert_close(layer(rows)[0], expected, summands=I + H, steps=T)


def test_the_dtype_is_the_arrays():
    weights = drawn("lstm", True, False)
    assert from_keras(weights).weight_ih_l0.dtype == torch.float64
    singles = [w.astype(np.float32) for w in weights]
    assert from_keras(singles).weight_ih_l0.dtype == torch.float32
    for array in singles:
        array.flags.writeable = False  # as JAX gives them
    for other in (singles, [w.astype(">f4") for w in singles], tuple(singles)):
        layer = from_keras(other, dtype=torch.bfloat16)
        assert layer.weight_ih_l0.dtype == torch.bfloat16
        found = to_keras(layer)[0]
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, singles[0], rtol=2**-8)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("lstm", lambda w: w[:2], r"expected 3 arrays, got 2; .* bias=False"),
        ("lstm", lambda w: w * 2, r"expected 3 arrays, got 6; .*get_weights"),
        ("lstm", lambda w: [w[0].T, *w[1:]], r"\[0\]: the kernel .*transposed"),
        ("lstm", lambda w: [w[0][1:], *w[1:]], r"\(4, 20\), got \(3, 20\); build"),
        ("rnn", lambda w: [*w[:2], w[2][:-1]], r"\[2\]: the bias must be \(5,\), got"),
        ("gru", lambda w: [*w[:2], w[2][0]], "a GRU with reset_after=False"),
        ("gru_before", lambda w: [*w[:2], np.stack([w[2]] * 2)], "reset_after=True"),
        ("lstm", lambda w: [w[0].astype(str), *w[1:]], r"\[0\]: expected an array"),
        ("lstm", lambda w: [w[0] * 1j, *w[1:]], r"\[0\]: expected .* got complex128"),
        ("lstm", lambda w: [[[1.0], [1.0, 2.0]], *w[1:]], r"\[0\]: not an array"),
        ("lstm", lambda w: w[0], "expected a list of arrays, got ndarray"),
        ("lstm", lambda w: dict(enumerate(w)), "expected a list of arrays, got dict"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_written(kind, change, message):
    layer = built(kind, I, H)
    before = copy.deepcopy(layer.state_dict())
    with pytest.raises(InputError, match=message) as caught:
        load_keras(layer, change(drawn(kind, True, False)))
    assert "\n" not in str(caught.value)
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_fault_in_the_last_direction_writes_nothing():
    layer = elman.LSTM(I, H, 2, bidirectional=True)
    before = copy.deepcopy(layer.state_dict())
    weights = drawn("lstm", True, True, 2)
    weights[-1] = weights[-1][1:]
    with pytest.raises(InputError, match=r"weights\[11\]: the bias"):
        load_keras(layer, weights)
    with pytest.raises(InputError, match="half the layers or one direction"):
        load_keras(layer, weights[:6])
    assert all(torch.equal(v, before[k]) for k, v in layer.state_dict().items())


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ([], {}, "got 0 arrays"),
        (drawn("gru", True, False) * 3, {}, "got 9 arrays for num_layers=1"),
        (drawn("gru", True, False), {"num_layers": 0}, "num_layers must be"),
        (drawn("gru", True, False), {"num_layers": "1"}, "num_layers must be"),
        (drawn("gru", True, False)[1::-1], {}, "first two must be a kernel"),
        ([np.zeros((3, 10)), np.zeros((5, 10))], {}, "G = 1, 3 or 4, got"),
        ([np.zeros((3, 0)), np.zeros((0, 0))], {}, "first two must be a kernel"),
        (drawn("gru", True, False), {"reset_after": False}, "reset_after=True"),
    ],
)
def test_what_is_no_keras_layer_is_named(weights, options, message):
    with pytest.raises(InputError, match=message):
        from_keras(weights, **options)


def test_what_keras_has_not_is_named():
    for layer, message in (
        (elman.LSTM(I, H, proj_size=2), "no projection"),
        (elman.GRU(I, H, zoneout=0.1), "zoneout=0.1 has no counterpart"),
        (elman.RNN(I, H, learn_initial_state=True), "learn_initial_state=True"),
        (nn.Linear(I, H), "got Linear; pass the recurrent layer"),
    ):
        with pytest.raises(InputError, match=message):
            to_keras(layer)


def test_computed_weights_are_not_lost_in_silence():
    layer = elman.GRU(I, H)
    parametrizations.weight_norm(layer, "weight_hh_l0")
    weights = to_keras(layer)
    with pytest.raises(InputError, match="weight_hh_l0 is computed"):
        load_keras(layer, weights)
