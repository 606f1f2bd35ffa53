"""Compiled calls in every form a layer takes, beside the same calls run eagerly."""

import pytest
import torch
from torch import nn

import elman
from elman.ops import record_paths

T, B, I, H = 5, 3, 2, 4
BOTH = {"num_layers": 2, "bidirectional": True}
TELLS = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 12)
"""Before, one graph or none means that an error is told in the compiler's own words."""


@pytest.fixture(autouse=True)
def _fresh():
    torch._dynamo.reset()


def compiled(run):
    return torch.compile(run, fullgraph=True, dynamic=True, backend="aot_eager")


def flat(value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for part in value for tensor in flat(part)]


def solve(run, tensors, *given, **options):
    """Return the outputs and the gradients of these tensors."""
    outputs = flat(run(*given, **options))
    total = sum((o.double() * o).sum() for o in outputs)
    return [*outputs, *torch.autograd.grad(total, tensors, allow_unused=True)]


def same(layer, *given, **options):
    """Compare to the bit: the same kernels run on the same numbers."""
    leaves = [t for t in flat(given) if t.requires_grad]
    tensors = [*layer.parameters(), *leaves]
    expected = solve(layer, tensors, *given, **options)
    actual = solve(compiled(layer), tensors, *given, **options)
    for a, b in zip(actual, expected, strict=True):
        assert (a is None and b is None) or torch.equal(a, b)


def states(count, *shape):
    drawn = tuple(torch.randn(*shape, requires_grad=True) for _ in range(count))
    return drawn[0] if count == 1 else drawn


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("RNN", {"nonlinearity": "relu", "bias": False}),
        ("LSTM", {**BOTH, "batch_first": True}),
        ("LSTM", {"num_layers": 2, "proj_size": 3, "bias": False}),
    ],
    ids=str,
)
def test_states_given_and_absent(kind, options):
    layer = getattr(elman, kind)(I, H, **options)
    first = (B, T) if layer.batch_first else (T, B)
    x = torch.randn(*first, I, requires_grad=True)
    places = layer.num_layers * (1 + layer.bidirectional)
    h_0 = states(1, places, B, layer.proj_size or H)
    same(layer, x, (h_0, states(1, places, B, H)) if kind == "LSTM" else h_0)
    if not layer.bidirectional:
        same(layer, x)


def test_states_rows_first():
    layer = elman.LSTM(I, H, num_layers=2, batch_first=True, state_batch_first=True)
    x = torch.randn(B, T, I, requires_grad=True)
    same(layer, x, states(2, B, 2, H))


def test_rows_of_lengths_of_their_own_and_one_sequence_alone():
    layer = elman.GRU(I, H, bidirectional=True)
    same(layer, torch.randn(T, B, I), lengths=torch.tensor([2, 0, 5]))
    same(layer, torch.randn(T, I), states(1, 2, H))


@pytest.mark.parametrize("option", ["learn_initial_state", "zoneout", "stateful"])
def test_what_is_beyond_torch(option):
    value = {"zoneout": 0.5, "stateful": "detached"}.get(option, True)
    layer = elman.GRU(I, H, **{option: value}).eval()
    x = torch.randn(T, B, I)
    expected = [layer(x)[0] for _ in range(2)]
    if option == "stateful":  # the second call goes on from the first
        assert not torch.equal(*expected)
        layer.reset_state()
    run = torch.compile(layer, backend="eager")
    for each in expected:
        assert torch.allclose(run(x)[0], each, atol=1e-6)


def test_dropout_between_layers_follows_the_mode():
    layer = elman.LSTM(I, H, num_layers=2, dropout=0.5)
    x, run = torch.randn(T, B, I), compiled(layer)
    assert not torch.equal(run(x)[0], run(x)[0])
    layer.eval()
    assert torch.equal(run(x)[0], layer(x)[0])


@pytest.mark.parametrize("inside", [False, True], ids=["around", "inside"])
def test_autocast_around_and_inside(inside):
    layer = elman.GRU(I, H)

    def cast(x):
        with torch.autocast("cpu", torch.bfloat16):
            return layer(x)

    x = torch.randn(T, B, I)
    expected = cast(x)
    if inside:
        actual = compiled(cast)(x)
    else:
        run = compiled(layer)
        run(x)  # without autocast, for which a graph of its own is to be made
        with torch.autocast("cpu", torch.bfloat16):
            actual = run(x)
    for a, b in zip(actual, expected, strict=True):
        assert a.dtype == b.dtype
        assert torch.equal(a, b)


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_without_gradients(off):
    layer = elman.LSTM(I, H)
    x, run = torch.randn(T, B, I), compiled(layer)
    with off():
        expected, actual = flat(layer(x)), flat(run(x))
    for a, b in zip(actual, expected, strict=True):
        assert torch.equal(a, b)
        assert not a.requires_grad
    assert run(x)[0].requires_grad


def test_short_calls_never_run_on_old_weights():
    """Without gradients the core keeps what it packed for the call before."""
    layer = elman.GRU(I, H)
    x, run = torch.randn(T, B, I), compiled(layer)
    for _ in range(3):
        with torch.no_grad():
            assert torch.equal(run(x)[0], layer(x)[0])
            old = run(x)[0]
            layer.weight_hh_l0.add_(0.5)
            assert not torch.equal(run(x)[0], old)


def test_frozen_weights_and_a_parametrised_one():
    layer = elman.GRU(I, H)
    layer.weight_ih_l0.requires_grad_(False)
    nn.utils.parametrizations.orthogonal(layer, "weight_hh_l0")
    x = torch.randn(T, B, I, requires_grad=True)
    learned = [p for p in layer.parameters() if p.requires_grad]
    expected = solve(layer, [x, *learned], x)
    actual = solve(compiled(layer), [x, *learned], x)
    for a, b in zip(actual, expected, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_last_states_may_be_changed_in_place_before_backward():
    layer = elman.LSTM(I, H)
    x = torch.randn(T, B, I)
    expected = torch.autograd.grad(layer(x)[0].sum(), list(layer.parameters()))
    y, (h_n, c_n) = compiled(layer)(x)
    h_n.mul_(0)
    c_n.add_(1)
    actual = torch.autograd.grad(y.sum(), list(layer.parameters()))
    for a, b in zip(actual, expected, strict=True):
        assert torch.equal(a, b)


@pytest.mark.filterwarnings("ignore:Dynamo does not know how to trace the builtin")
@pytest.mark.parametrize(
    ("x", "hx", "wrong"),
    [
        ((T, B, I + 1), None, "input_size=2"),
        ((T, B, I), (1, B + 1, H), "Expected hidden size"),
        ((T, B, I), (B, H), "hx should also be 3-D but got 2-D"),
    ],
    ids=str,
)
def test_shapes_that_do_not_fit_are_told_as_without_a_compiler(x, hx, wrong):
    layer, given = elman.GRU(I, H), [torch.zeros(x)]
    if hx is not None:
        given.append(torch.zeros(hx))
    with pytest.raises(RuntimeError, match=wrong):
        layer(*given)
    with pytest.raises(RuntimeError, match=wrong if TELLS else "ShapeError"):
        compiled(layer)(*given)
    torch._dynamo.reset()
    with pytest.raises(RuntimeError, match=wrong):
        torch.compile(layer, backend="aot_eager")(*given)


def test_weights_of_two_dtypes_never_reach_the_core():
    layer = elman.GRU(I, H)
    layer.weight_hh_l0 = nn.Parameter(layer.weight_hh_l0.double())
    with pytest.raises(RuntimeError, match=r"w_hh: expected torch\.float32"):
        compiled(layer)(torch.zeros(T, B, I))


def test_a_compiled_call_notes_no_path_and_runs_the_core():
    layer = elman.GRU(I, H)
    seen = []

    def backend(graph, _):
        seen.extend(str(n.target) for n in graph.graph.nodes)
        return graph

    with record_paths() as ran:
        torch.compile(layer, fullgraph=True, backend=backend)(torch.randn(T, B, I))
    assert ran == []
    assert seen.count("elman.forward.default") == 1
