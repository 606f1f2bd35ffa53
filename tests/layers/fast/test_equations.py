"""The fast path of layers of equations: the bits of the ordinary way, and when not."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.autograd.graph import save_on_cpu
from torch.nn.utils.parametrizations import weight_norm

from elman import cells, layers, ops
from elman.layers.fast._equations import fast_call

pytestmark = pytest.mark.skipif(not ops.PROGRAMS, reason="needs the core")
T, B, I, H = 5, 3, 4, 6
OPTIONS = [
    {"bias": False},
    {"batch_first": True, "bidirectional": True},
    {"num_layers": 2, "dropout": 0.4, "dtype": torch.float64},
    {"recurrent_dropout": 0.4, "num_layers": 2, "bidirectional": True},
    {"zoneout": 0.3, "batch_first": True, "dtype": torch.float64},
    {"recurrent_dropout": 0.4, "zoneout": 0.3, "learn_initial_state": True},
]


def build(name, **options):
    torch.manual_seed(0)
    return layers.layer_of(cells.cell(name), I, H, **options)


def draw(layer):
    dtype = layer.weight_ih_l0.dtype
    shape = (B, T, I) if layer.batch_first else (T, B, I)
    x = torch.randn(shape, dtype=dtype, requires_grad=True)
    places = len(layer.all_weights)
    state = tuple(
        torch.rand(places, B, H, dtype=dtype, requires_grad=True)
        for _ in layer.cell.states
    )
    return x, state


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def solve(layer, x, state, collected):
    """Return results and gradients, and which paths a caller who asks sees."""
    torch.manual_seed(1)  # dropout between layers
    hx = None
    if state is not None:
        hx = state if len(state) > 1 else state[0]
    if collected:
        with ops.record_paths() as ran:
            y, last = layer(x, hx)
        assert set(ran) == {"native"}
    else:
        assert state is None or fast_call(layer, x, hx, None) is not None
        torch.manual_seed(1)
        y, last = layer(x, hx)
    outputs = [y, *parts(last)]
    loss = sum((out * torch.cos(out)).sum() for out in outputs)
    leaves = [x, *(state or ()), *layer.parameters()]
    found = torch.autograd.grad(loss, leaves, create_graph=False, allow_unused=True)
    return [*outputs, *found]


CASES = [
    *((name, {}) for name in cells.names()),
    *((name, more) for name in ("gru", "lru", "slstm") for more in OPTIONS),
]


@pytest.mark.parametrize("given", [True, False], ids=["state", "zeros"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_the_bits_of_the_ordinary_way(name, options, given):
    layer = build(name, **options)
    x, state = draw(layer)
    state = state if given else None
    expected = solve(layer, x, state, collected=True)
    for a, b in zip(solve(layer, x, state, collected=False), expected, strict=True):
        assert (a is None) == (b is None)
        assert a is None or torch.equal(a, b)
    with torch.no_grad():
        assert torch.equal(layer.eval()(x)[0].isnan(), expected[0].isnan())


@pytest.mark.parametrize("name", ["lru", "janet", "slstm"])
def test_states_are_no_views_and_inference_has_the_same_bits(name):
    layer = build(name)
    x, _ = draw(layer)
    y, last = layer(x)
    with torch.no_grad():
        z, end = layer(x)
    assert torch.equal(y, z)
    for a, b in zip(parts(last), parts(end), strict=True):
        assert a.shape == (1, B, H)
        assert torch.equal(a, b)
        assert not a._is_view()
        a.detach_()


@pytest.mark.parametrize("name", ["lru", "layer_norm_gru"])
def test_second_derivatives_and_checkpoints(name):
    layer = build(name, dtype=torch.float64)
    x, _ = draw(layer)
    torch.autograd.gradgradcheck(lambda v: layer(v)[0], x)
    with save_on_cpu():
        y = layer(x)[0]
    first = torch.autograd.grad(y.sum(), [x, *layer.parameters()])
    again = torch.autograd.grad(layer(x)[0].sum(), [x, *layer.parameters()])
    for a, b in zip(first, again, strict=True):
        assert torch.equal(a, b)


def test_a_second_backward_pass_of_a_kept_graph():
    layer = build("lru")
    x, _ = draw(layer)
    y = layer(x)[0]
    weights = list(layer.parameters())
    once = torch.autograd.grad(y.sum(), weights, retain_graph=True)
    twice = torch.autograd.grad(y.sum(), weights)
    for a, b in zip(once, twice, strict=True):
        assert torch.equal(a, b)


def test_outputs_changed_in_place():
    layer = build("indrnn")
    x, _ = draw(layer)
    expected = torch.autograd.grad((2 * layer(x)[0]).sum(), x)[0]
    assert torch.equal(torch.autograd.grad(layer(x)[0].mul_(2).sum(), x)[0], expected)


def test_a_parameter_changed_between_the_passes_is_an_error():
    layer = build("lru")
    x, _ = draw(layer)
    y = layer(x)[0]
    with torch.no_grad():
        next(layer.parameters()).add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def not_eligible():
    layer = build("janet")
    x, (h,) = draw(layer)
    yield "lengths", layer, (x, None, torch.tensor([T, 1, 2]))
    yield "one row", layer, (x[:, 0], None, None)
    yield "other sizes", layer, (x[..., :2], None, None)
    yield "other dtype", layer, (x.double(), None, None)
    yield "half", layer.bfloat16(), (x.bfloat16(), None, None)
    layer = build("janet")
    yield "state of another shape", layer, (x, h[:, :1], None)
    yield "a pair", layer, (x, (h, h), None)
    yield "no rows", layer, (x[:, :0], None, None)
    yield "a list", layer, ([1.0], None, None)
    for options in (
        {"stateful": True},
        {"state_batch_first": True},
        {"learn_initial_state": True},
    ):
        yield str(options), build("janet", **options), (x, None, None)
    yield "a parametrisation", weight_norm(build("janet"), "weight_hh_l0"), (x, None, 0)


@pytest.mark.parametrize(
    ("layer", "given"), [pytest.param(b, c, id=a) for a, b, c in not_eligible()]
)
def test_what_goes_the_ordinary_way(layer, given):
    assert fast_call(layer, *given) is None


def test_what_is_still_to_be_negated():
    layer = build("janet")
    x, _ = draw(layer)
    assert torch.equal(layer(torch._neg_view(x.detach()))[0], layer(-x)[0])


def test_who_watches_is_served_the_ordinary_way():
    layer = build("janet")
    x, _ = draw(layer)
    assert fast_call(layer, x, None, None) is not None
    with torch.autocast("cpu"):
        assert fast_call(layer, x, None, None) is None
    with save_on_cpu():
        assert fast_call(layer, x, None, None) is None
    with ops.force_path("composite"):
        assert fast_call(layer, x, None, None) is None


def test_noise_is_drawn_in_training_alone():
    layer = build("janet", recurrent_dropout=0.5)
    x, _ = draw(layer)
    once = fast_call(layer, x, None, None)
    assert not torch.equal(fast_call(layer, x, None, None)[0], once[0])
    layer.eval()
    assert torch.equal(fast_call(layer, x, None, None)[0], layer(x)[0])


def test_limits_hold_on_the_fast_path():
    layer = build("indrnn")
    name, (low, high) = next(iter(layer.cell.limits.items()))
    with torch.no_grad():
        getattr(layer, f"{name}_l0").fill_(high + 1)
    x, _ = draw(layer)
    assert fast_call(layer, x, None, None) is not None
    kept = getattr(layer, f"{name}_l0")
    assert kept.min() >= low
    assert kept.max() <= high


def test_a_network_of_both_kinds_of_layers():
    torch.manual_seed(0)
    model = nn.ModuleList([build("lru"), nn.Linear(H, 1)])
    x, _ = draw(model[0])
    model[1](model[0](x)[0]).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
