"""Layers of equations in a compiler's graph: one operator, the bits of the core."""

import copy
import pickle

import pytest
import torch
from torch import nn

import elman
from elman import cells, layers, ops
from elman._errors import InputError
from elman.cells import Cell

pytestmark = pytest.mark.skipif(not ops.PROGRAMS, reason="needs the core")
T, B, I, H = 5, 3, 4, 6


@pytest.fixture(autouse=True)
def _fresh():
    torch._dynamo.reset()


def compiled(run, backend="aot_eager"):
    return torch.compile(run, fullgraph=True, dynamic=True, backend=backend)


def flat(value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for part in value for tensor in flat(part)]


def solve(run, tensors, *given, **options):
    torch.manual_seed(1)
    outputs = flat(run(*given, **options))
    total = sum((o.double() * o).sum() for o in outputs)
    return [*outputs, *torch.autograd.grad(total, tensors, allow_unused=True)]


def same(layer, *given, run=None, exact=True, **options):
    leaves = [t for t in flat(given) if t.requires_grad]
    tensors = [*layer.parameters(), *leaves]
    expected = solve(layer, tensors, *given, **options)
    run = compiled(layer) if run is None else run
    actual = solve(run, tensors, *given, **options)
    for a, b in zip(actual, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None and exact:
            assert torch.equal(a, b)
        elif a is not None:
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def build(name, **options):
    torch.manual_seed(0)
    return layers.layer_of(cells.cell(name), I, H, **options)


def draw(*shape):
    return torch.randn(*(shape or (T, B, I)), requires_grad=True)


def states(layer, places, rows=B):
    found = tuple(
        torch.rand(places, rows, H, requires_grad=True) for _ in layer.cell.states
    )
    return found if len(found) > 1 else found[0]


# They differ in what a graph sees: blocks of rows, vectors, states, limits.
SEEN = ["gru", "lru", "layer_norm_gru", "slstm", "orthogonal"]


@pytest.mark.parametrize("name", SEEN)
def test_every_cell_is_one_graph_for_every_size(name):
    layer = build(name)
    run = compiled(layer)
    x = draw()
    same(layer, x, states(layer, 1), run=run)
    same(layer, draw(T + 2, B + 1, I), states(layer, 1, B + 1), run=run)


@pytest.mark.parametrize(
    "options",
    [
        {"batch_first": True, "bidirectional": True, "num_layers": 2, "bias": False},
        {"num_layers": 2, "dropout": 0.5},
        {"recurrent_dropout": 0.5},
        {"zoneout": (0.1, 0.0)},
        {"learn_initial_state": True, "state_batch_first": True},
        {"dtype": torch.float64},
    ],
    ids=str,
)
def test_options(options):
    layer = build("coupled_lstm", **options)
    x = draw(B, T, I) if layer.batch_first else draw()
    noisy = "dropout" in options or "recurrent_dropout" in options
    x = x.detach().to(layer.weight_ih_l0.dtype).requires_grad_()
    if not layer.zoneout:
        same(layer, x)
    if noisy or layer.zoneout:
        same(layer.eval(), x)


def test_zoneout_is_drawn_inside_the_graph():
    """By torch, not by the core: other numbers than an eager call has, as many."""
    layer = build("janet", zoneout=0.25)
    x, h = draw(40, 30, I), torch.full((1, 30, H), 2.0)
    y = compiled(layer)(x, h)[0]
    before = torch.cat([h, y[:-1]])
    share = (y == before).double().mean().item()
    assert share == pytest.approx(0.25, abs=0.03)
    y.sum().backward()
    assert layer.weight_hh_l0.grad.isfinite().all()


def test_rows_of_lengths_of_their_own_and_one_sequence_alone():
    layer = build("layer_norm_lstm", bidirectional=True)
    same(layer, draw(), lengths=torch.tensor([2, T, 3]))
    same(layer, draw(T, I))


# What torch's compiler says about itself.
@pytest.mark.filterwarnings("ignore:.*script_method.*:DeprecationWarning")
def test_a_model_is_trained_by_inductor():
    layer = build("lru")
    model = nn.Sequential(nn.Linear(I, I), layer)
    parameters = [*model.parameters()]
    x = draw()
    expected = solve(model, parameters, x)
    actual = solve(compiled(model, "inductor"), parameters, x)
    for a, b in zip(actual, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_limits_are_kept():
    layer = build("indrnn")
    name, (low, high) = next(iter(layer.cell.limits.items()))
    with torch.no_grad():
        getattr(layer, f"{name}_l0").fill_(high + 1)
    y = compiled(layer)(draw())[0]
    kept = getattr(layer, f"{name}_l0")
    assert kept.max() <= high
    assert kept.min() >= low
    y.sum().backward()


class Own(Cell):
    """A cell of one's own, with vectors made of parameters."""

    def step(self, x, h):
        a = cells.softplus(self.unit("a")) + 0.1
        b = cells.maximum(self.unit("b", 0.5), 0.2) * cells.row_mean(self.unit("a"))
        return cells.tanh(self.linear("f", x, h) * a) + b * h


class Wavy(Cell):
    """A cell that the core has not."""

    def step(self, x, h):
        return cells.sin(self.linear("f", x, h))


def test_a_cell_of_ones_own():
    same(layers.layer_of(Own(), I, H), draw())


def test_copies_know_their_cell():
    layer = build("janet")
    stored = pickle.dumps(layer)
    for other in (copy.deepcopy(layer), pickle.loads(stored)):  # noqa: S301
        same(other, draw(), run=compiled(other))


def test_what_the_core_has_not_runs_beside_the_graph():
    layer = layers.layer_of(Wavy(), I, H)
    x = draw()
    run = torch.compile(lambda x: 2 * layer(x)[0], backend="eager")
    with torch.no_grad():
        assert torch.equal(run(x), 2 * layer(x)[0])
    with pytest.raises(Exception, match="fullgraph=True"):
        compiled(layer)(x)


def test_inference_and_a_compiled_call_notes_no_path():
    layer = build("slstm")
    x = draw()
    run = compiled(layer)
    with torch.no_grad(), ops.record_paths() as ran:
        y = run(x)[0]
    assert ran == []
    with torch.no_grad():
        assert torch.equal(y, layer(x)[0])


def test_the_operator_keeps_to_its_rules():
    torch.manual_seed(0)
    lowered = cells.cell("gru").lowered(trace=False)
    integers, floats = lowered.program.encode()
    layer = build("gru", dtype=torch.float64)
    own = {n.removesuffix("_l0"): p for n, p in layer.named_parameters()}
    weights = [w.detach() for w in cells.core_weights(lowered, own)]
    bias = cells.core_bias(lowered, own["bias"].detach())
    x, h = torch.randn(T, B, I).double(), torch.randn(B, H).double()
    # Full rows: what is saved beyond a row's length is whatever was there.
    given = (x, [h], weights, bias, [], [], None)
    torch.library.opcheck(
        torch.ops.elman.run_program.default, (*given, integers, floats, True, True)
    )


def test_a_program_that_is_none():
    x, h = torch.zeros(T, B, I), torch.zeros(B, H)
    with pytest.raises((ValueError, InputError), match=r"program|graph"):
        torch.ops.elman.run_program(
            x, [h], [], None, [], [], None, [1, 2], [], False, False
        )


def test_the_stock_layers_are_as_before():
    layer = elman.GRU(I, H)
    same(layer, draw())
