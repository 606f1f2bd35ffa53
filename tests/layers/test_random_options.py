"""Drawn at random beside torch.nn: options and sizes, and inputs that do not fit.

What torch refuses, Elman refuses with an error of the same class: anyone who
catches the one catches the other.
"""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

import elman
from tolerance import assert_close

drawn = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
quiet = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
kinds = st.sampled_from(["RNN", "GRU", "LSTM"])


@st.composite
def layers(draw):
    """Return Elman's layer, torch's with the same weights, and the sizes."""
    kind = draw(kinds)
    I, H = draw(st.integers(1, 5)), draw(st.integers(2, 7))
    options = {
        "num_layers": draw(st.integers(1, 3)),
        "bidirectional": draw(st.booleans()),
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "dtype": draw(st.sampled_from([torch.float32, torch.float64])),
    }
    if kind == "LSTM":
        options["proj_size"] = draw(st.integers(0, H - 1))
    if kind == "RNN":
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    torch.manual_seed(draw(st.integers(0, 2**16)))
    ours, theirs = (
        getattr(elman, kind)(I, H, **options),
        getattr(nn, kind)(I, H, **options),
    )
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def shapes(layer, T, B):
    """Return the shapes of input and states; B is None for an input without rows."""
    rows = () if B is None else (B,)
    x = (*rows, T) if layer.batch_first else (T, *rows)
    places = layer.num_layers * (1 + layer.bidirectional)
    widths = [layer.proj_size or layer.hidden_size]
    widths += [layer.hidden_size] * (layer.mode == "LSTM")
    return (*x, layer.input_size), [(places, *rows, w) for w in widths]


def together(states):
    return tuple(states) if len(states) == 2 else states[0]


@quiet
@drawn
@given(
    pair=layers(),
    T=st.integers(1, 7),
    B=st.none() | st.integers(1, 5),
    state=st.booleans(),
)
def test_random_options_agree(pair, T, B, state):
    ours, _ = pair
    dtype = ours.weight_ih_l0.dtype
    x_shape, state_shapes = shapes(ours, T, B)
    x = torch.randn(x_shape, dtype=dtype, requires_grad=True)
    hx = together([torch.randn(s, dtype=dtype) for s in state_shapes])
    found = []
    for layer in pair:
        y, last = layer(x, hx) if state else layer(x)
        parts = [y, *(last if isinstance(last, tuple) else (last,))]
        total = sum((p * p).sum() for p in parts)
        parts += torch.autograd.grad(total, [x, *layer.parameters()])
        found.append(parts)
    for actual, expected in zip(*found, strict=True):
        assert_close(
            actual,
            expected,
            # a gradient of squares sums over everything a step reaches
            summands=max(5 + 4 * 7, T * (B or 1)) * 7,
            steps=T * ours.num_layers,
        )


def outcome(layer, *arguments):
    """Return the error a call ends in, or None."""
    try:
        layer(*arguments)
    except Exception as error:
        return error
    return None


@quiet
@drawn
@given(pair=layers(), B=st.none() | st.integers(1, 4), data=st.data())
def test_what_does_not_fit_fails_as_in_torch(pair, B, data):
    """One axis off by some, or one axis more or less, in the input or a state."""
    ours, theirs = pair
    dtype = ours.weight_ih_l0.dtype
    x_shape, state_shapes = shapes(ours, 3, B)
    all_shapes = [list(x_shape), *map(list, state_shapes)]
    hit = data.draw(st.integers(0, len(all_shapes) - 1), label="which tensor")
    fault = data.draw(st.sampled_from(["size", "more", "less"]), label="fault")
    if fault == "more":
        all_shapes[hit].insert(0, 1)
    elif fault == "less":
        del all_shapes[hit][data.draw(st.integers(0, len(all_shapes[hit]) - 1))]
    else:
        axis = data.draw(st.integers(0, len(all_shapes[hit]) - 1), label="axis")
        all_shapes[hit][axis] += data.draw(st.integers(1, 3), label="by")
    x, *states = (torch.randn(shape, dtype=dtype) for shape in all_shapes)
    expected = outcome(theirs, x, together(states))
    actual = outcome(ours, x, together(states))
    if expected is None:
        assert actual is None
    else:
        assert isinstance(actual, type(expected)), (actual, expected)
        assert "\n" not in str(actual)


@quiet
@drawn
@given(pair=layers(), given_dtype=st.sampled_from([torch.float16, torch.int64]))
def test_other_dtypes_fail_as_in_torch(pair, given_dtype):
    ours, theirs = pair
    dtype = ours.weight_ih_l0.dtype
    x_shape, state_shapes = shapes(ours, 3, 2)
    x = torch.ones(x_shape, dtype=dtype)
    states = [torch.ones(s, dtype=given_dtype) for s in state_shapes]
    for arguments in ((x.to(given_dtype),), (x, together(states))):
        expected = outcome(theirs, *arguments)
        actual = outcome(ours, *arguments)
        assert expected is not None
        assert isinstance(actual, type(expected)), (actual, expected)


@drawn
@given(
    kind=kinds,
    hx=st.sampled_from([None, (), (3,), (2, 3, 1)]),
    width=st.integers(1, 5),
    rows=st.sampled_from([(), (2,), (1, 2)]),
)
def test_cells_fail_as_torchs(kind, hx, width, rows):
    ours, theirs = getattr(elman, f"{kind}Cell")(3, 4), getattr(nn, f"{kind}Cell")(3, 4)
    x = torch.zeros(*rows, width)
    state = None if hx is None else torch.zeros(*hx, 4)
    if state is not None and kind == "LSTM":
        state = (state, state)
    expected = outcome(theirs, x, state)
    actual = outcome(ours, x, state)
    assert (actual is None) == (expected is None)
    assert expected is None or isinstance(actual, type(expected))
