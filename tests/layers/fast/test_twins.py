"""The fast path: past all that Python would ask, the bits of the ordinary way."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn
from torch.autograd.graph import save_on_cpu
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.rnn import pack_sequence

import elman
from elman import GRU, LSTM, RNN, InputError, ops
from elman.layers.fast._twins import fast_call

pytestmark = pytest.mark.skipif(not ops.BUILT, reason="needs the core")
T, B, I, H = 6, 5, 7, 21
LAYERS = {
    "tanh": (RNN, {}),
    "softplus": (RNN, {"nonlinearity": "softplus"}),
    "gru": (GRU, {}),
    "before": (GRU, {"reset_after": False}),
    "lstm": (LSTM, {}),
    "projected": (LSTM, {"proj_size": 6}),
}
OPTIONS = [
    {},
    {"bias": False},
    {"batch_first": True},
    {"bidirectional": True, "batch_first": True},
    {"num_layers": 3, "dropout": 0.4},
    {"num_layers": 2, "bidirectional": True, "dtype": torch.float64},
]
every = pytest.mark.parametrize("kind", LAYERS)


def build(kind, **options):
    torch.manual_seed(0)
    cls, more = LAYERS[kind]
    return cls(I, H, **options, **more)


def inputs(layer, rows=B, steps=T):
    dtype = layer.weight_ih_l0.dtype
    shape = (rows, steps, I) if layer.batch_first else (steps, rows, I)
    x = torch.randn(*shape, dtype=dtype, requires_grad=True)
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    width = layer.proj_size or H
    h = torch.randn(places, rows, width, dtype=dtype, requires_grad=True)
    if not isinstance(layer, LSTM):
        return x, h, [x, h]
    c = torch.randn(places, rows, H, dtype=dtype, requires_grad=True)
    return x, (h, c), [x, h, c]


def flat(result):
    y, state = result
    return [y, *(state if isinstance(state, tuple) else (state,))]


def is_fast(layer, x, hx=None, lengths=None):
    return fast_call(layer, x, hx, lengths) is not None


def ordinary(layer, x, hx=None, lengths=None):
    """The same call, past the short way: whoever collects paths is served by it."""
    with ops.record_paths() as ran:
        result = layer(x, hx, lengths=lengths)
    assert set(ran) == {"native"}
    return result


def gradients(outputs, of, weights):
    loss = sum((w * out).sum() for w, out in zip(weights, outputs, strict=True))
    return torch.autograd.grad(loss, of)


def same(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        assert a.stride() == b.stride()
        assert torch.equal(a, b)


@pytest.mark.parametrize("given", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@every
def test_the_same_bits(kind, options, given):
    layer = build(kind, **options)
    x, hx, leaves = inputs(layer)
    hx, leaves = (hx, leaves) if given else (None, leaves[:1])
    leaves = [*leaves, *layer.parameters()]
    torch.manual_seed(3)
    found = flat(layer(x, hx))
    torch.manual_seed(3)  # dropout between layers
    expected = flat(ordinary(layer, x, hx))
    assert is_fast(layer, x, hx)
    same(found, expected)
    weights = [torch.randn_like(t) for t in found]
    same(gradients(found, leaves, weights), gradients(expected, leaves, weights))


@pytest.mark.parametrize("lengths", [[3, 6, 0, 1, 6], [2] * B, [T] * B], ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@every
def test_the_same_bits_of_ragged_rows(kind, options, lengths):
    layer = build(kind, **options).eval()
    x, hx, leaves = inputs(layer)
    leaves += layer.parameters()
    lengths = torch.tensor(lengths)
    found = flat(layer(x, hx, lengths=lengths))
    expected = flat(ordinary(layer, x, hx, lengths))
    assert is_fast(layer, x, hx, lengths)
    same(found, expected)
    weights = [torch.randn_like(t) for t in found]
    same(gradients(found, leaves, weights), gradients(expected, leaves, weights))


@pytest.mark.parametrize(
    "lengths",
    [
        [1] * B,
        torch.ones(B),
        torch.ones(B, dtype=torch.int32),
        torch.ones(B, 2, dtype=torch.int64)[:, 0],
        torch.ones(B + 1, dtype=torch.int64),
        torch.tensor([1, 1, 1, 1, T + 1]),
        torch.tensor([1, 1, 1, 1, -1]),
        torch.ones(B, dtype=torch.int64, device="meta"),
    ],
    ids=["list", "float", "int32", "strided", "many", "long", "negative", "meta"],
)
def test_lengths_that_are_not_eligible(lengths):
    layer, x = GRU(I, H), torch.randn(T, B, I)
    assert not is_fast(layer, x, None, lengths)
    assert is_fast(layer, x, None, torch.ones(B, dtype=torch.int64))


@every
def test_without_gradients_nothing_is_kept(kind):
    layer = build(kind, num_layers=2, bidirectional=True)
    x, hx, _ = inputs(layer)
    expected = flat(ordinary(layer, x, hx))
    with torch.no_grad():
        found = flat(layer(x, hx))
        assert is_fast(layer, x, hx)
    with torch.inference_mode():
        same(flat(layer(x, hx)), expected)
    same(found, expected)
    assert not any(t.requires_grad for t in found)


@pytest.mark.parametrize(
    "asked", list(itertools.product([False, True], repeat=3)), ids=str
)
@every
def test_only_what_is_asked_for(kind, asked):
    layer = build(kind)
    x, hx, leaves = inputs(layer)
    of_input, of_state, of_weights = asked
    x.requires_grad_(of_input)
    for leaf in leaves[1:]:
        leaf.requires_grad_(of_state)
    layer.weight_hh_l0.requires_grad_(of_weights)
    for name in ("weight_ih_l0", "bias_ih_l0", "bias_hh_l0"):
        getattr(layer, name).requires_grad_(False)
    if layer.proj_size:
        layer.weight_hr_l0.requires_grad_(False)
    everything = [*leaves, *layer.parameters()]
    wanted = [t for t in everything if t.requires_grad]
    found, expected = flat(layer(x, hx)), flat(ordinary(layer, x, hx))
    same(found, expected)
    assert found[0].requires_grad == bool(wanted)
    if wanted:
        weights = [torch.randn_like(t) for t in found]
        same(gradients(found, wanted, weights), gradients(expected, wanted, weights))


def transposed(t):
    return torch.randn(t.shape[::-1], dtype=t.dtype).permute(2, 1, 0)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(
    "gradient",
    [
        lambda t: torch.ones((), dtype=t.dtype).expand_as(t),
        lambda t: torch.randn(t.shape[0], 1, 1, dtype=t.dtype).expand_as(t),
        lambda t: torch.cat([torch.randn_like(t)] * 2, -1)[..., t.shape[-1] :],
        transposed,
        lambda t: torch._neg_view(torch.randn_like(t)),
    ],
    ids=["sum", "expanded", "half", "transposed", "negated"],
)
@every
def test_gradients_that_lie_anyhow(kind, gradient, batch_first):
    layer = build(kind, batch_first=batch_first)
    x, hx, leaves = inputs(layer)
    leaves += layer.parameters()
    for outputs in ([0], [1], [0, 1]):
        torch.manual_seed(4)
        all_found, all_expected = flat(layer(x, hx)), flat(ordinary(layer, x, hx))
        given = [gradient(all_found[k]) for k in outputs]
        # The ordinary way reads contiguous tensors.
        plainly = [torch.empty_like(g).copy_(g).contiguous() for g in given]
        found = [all_found[k] for k in outputs]
        expected = [all_expected[k] for k in outputs]
        same(
            torch.autograd.grad(found, leaves, given),
            torch.autograd.grad(expected, leaves, plainly),
        )


@every
def test_twice_and_of_itself(kind):
    layer = build(kind, batch_first=True, dtype=torch.float64)
    x, hx, leaves = inputs(layer)
    y = layer(x, hx)[0]
    first = torch.autograd.grad(y.square().sum(), leaves, retain_graph=True)
    again = torch.autograd.grad(y.square().sum(), leaves, retain_graph=True)
    same(first, again)
    slopes = torch.autograd.grad(y.square().sum(), leaves, create_graph=True)
    for a, b in zip(slopes, first, strict=True):
        torch.testing.assert_close(a.detach(), b, rtol=1e-12, atol=1e-13)
    whole = [*leaves, *layer.parameters()]
    found = torch.autograd.grad(sum(s.sin().sum() for s in slopes), whole)
    expected_y = ordinary(layer, x, hx)[0].square().sum()
    slopes = torch.autograd.grad(expected_y, leaves, create_graph=True)
    expected = torch.autograd.grad(sum(s.sin().sum() for s in slopes), whole)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("ragged", [False, True])
@every
def test_derivatives(kind, ragged):
    layer = build(kind, dtype=torch.float64)
    x, hx, leaves = inputs(layer, rows=2, steps=3)

    lengths = torch.tensor([3, 2]) if ragged else None

    def call(*given):
        state = given[1:] if len(given) == 3 else given[1]
        return tuple(flat(layer(given[0], state, lengths=lengths)))

    assert is_fast(layer, x, hx, lengths)
    assert torch.autograd.gradcheck(call, leaves)
    assert torch.autograd.gradgradcheck(call, leaves)


def noncontiguous():
    return torch.randn(B, T, I).transpose(0, 1)


def negated_weights():
    layer = RNN(I, H)
    layer.weight_hh_l0 = nn.Parameter(torch._neg_view(torch.randn(H, H)))
    return layer


NOT_ELIGIBLE = {
    "unbatched": lambda: (RNN(I, H), torch.randn(T, I)),
    "packed": lambda: (RNN(I, H), pack_sequence([torch.randn(T, I)])),
    "no steps": lambda: (RNN(I, H), torch.randn(0, B, I)),
    "no rows": lambda: (RNN(I, H), torch.randn(T, 0, I)),
    "strided": lambda: (RNN(I, H), noncontiguous()),
    "negated": lambda: (RNN(I, H), torch._neg_view(torch.randn(T, B, I))),
    "negated weights": lambda: (negated_weights(), torch.randn(T, B, I)),
    "a subclass": lambda: (
        RNN(I, H),
        torch.randn(T, B, I).as_subclass(type("Named", (torch.Tensor,), {})),
    ),
    "meta": lambda: (RNN(I, H, device="meta"), torch.randn(T, B, I, device="meta")),
    "half": lambda: (
        RNN(I, H, dtype=torch.float16),
        torch.randn(T, B, I, dtype=torch.float16),
    ),
    "parametrised": lambda: (
        weight_norm(GRU(I, H), "weight_hh_l0"),
        torch.randn(T, B, I),
    ),
}


@pytest.mark.parametrize("name", NOT_ELIGIBLE)
def test_what_is_not_eligible_goes_the_ordinary_way(name):
    layer, x = NOT_ELIGIBLE[name]()
    assert not is_fast(layer, x)
    layer(x)


@pytest.mark.parametrize(
    "inside",
    [
        lambda: ops.force_path("composite"),
        lambda: ops.record_step_gradients(),
        lambda: ops.run_instead(lambda call: None),
        lambda: torch.autocast("cpu", dtype=torch.float16),
        lambda: torch.autograd.forward_ad.dual_level(),
        lambda: save_on_cpu(),
        lambda: torch.device("meta"),
    ],
    ids=["forced", "norms", "instead", "autocast", "duals", "hooks", "mode"],
)
def test_nothing_looks_over_its_shoulder(inside):
    layer, x = GRU(I, H), torch.randn(T, B, I)
    assert is_fast(layer, x)
    with inside():
        assert not is_fast(layer, x)
    assert is_fast(layer, x)


def test_settings_that_do_nothing_here_are_eligible():
    x, h = torch.randn(T, B, I), torch.zeros(1, B, H)
    assert is_fast(GRU(I, H, recurrent_dropout=0.5).eval(), x)
    learned = RNN(I, H, learn_initial_state=True)
    assert is_fast(learned, x, h)
    model = nn.Sequential(nn.LSTM(I, H))
    elman.accelerate(model)
    assert is_fast(model[0], x)


def test_inside_a_transform_it_stands_back():
    layer = GRU(I, H)
    x = torch.randn(T, B, I)
    seen = []

    def loss(x):
        seen.append(is_fast(layer, x))
        return layer(x)[0].sum()

    found = torch.func.grad(loss)(x)
    assert seen == [False]
    x.requires_grad_()
    torch.testing.assert_close(found, torch.autograd.grad(loss(x), x)[0])


@pytest.mark.parametrize("lengths", [None, torch.arange(B)], ids=["full", "ragged"])
@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_many_gradients_at_once(kind, lengths):
    layer, x = kind(I, H), torch.randn(T, B, I, requires_grad=True)
    y = layer(x, lengths=lengths)[0]
    many = torch.randn(3, *y.shape)
    of = [x, *layer.parameters()]
    found = torch.autograd.grad(y, of, many, is_grads_batched=True, retain_graph=True)
    each = [torch.autograd.grad(y, of, one, retain_graph=True) for one in many]
    for a, b in zip(found, zip(*each, strict=True), strict=True):
        torch.testing.assert_close(a, torch.stack(b), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("x", "hx"),
    [
        (torch.randn(T, B, I + 1), None),
        (torch.randn(T, B, I, dtype=torch.float64), None),
        (torch.randn(T, B, I), torch.zeros(1, B + 1, H)),
        (torch.randn(T, B, I), torch.zeros(2, B, H)),
        (torch.randn(T, B, I), (torch.zeros(1, B, H),) * 2),
        ([1.0], None),
    ],
    ids=["width", "dtype", "rows", "layers", "pair", "list"],
)
def test_errors_are_those_of_the_ordinary_way(x, hx):
    layer = GRU(I, H)
    with pytest.raises(InputError) as found:
        layer(x, hx)
    with pytest.raises(InputError) as expected, ops.force_path("native"):
        layer(x, hx)
    assert str(found.value) == str(expected.value)
