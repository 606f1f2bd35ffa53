"""Layers of cells given as equations: all that a layer does, for every cell."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.utils.rnn import pack_sequence

import elman
from elman import InputError, cells, layers
from elman.layers._registered import NAMED
from tolerance import assert_close

T, B, I, H = 6, 4, 3, 8
TWINS = {"rnn", "gru", "gru_reset_before", "lstm"}
every = pytest.mark.parametrize("cell", [n for n in cells.names() if n not in TWINS])


def build(cell, inputs=I, **options):
    torch.manual_seed(0)
    return layers.layer_of(cells.cell(cell), inputs, H, dtype=torch.float64, **options)


def states_of(layer, rows=B):
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    shape = places, rows, H
    found = tuple(0.5 * torch.randn(shape, dtype=torch.float64) for _ in _names(layer))
    return found if len(found) > 1 else found[0]


def _names(layer):
    return layer.cell.states


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def draw(steps=T, rows=B, width=I):
    return torch.randn(steps, rows, width, dtype=torch.float64)


def by_equations(layer, x, state, place, reverse=False):
    """One layer in one direction by the cell's own step, as it stands in its file."""
    own = layer._all_weights_by_place()[place]
    start = [s[place] for s in parts(state)]
    steps = cells.specified(layer.cell, x.flip(0) if reverse else x, start, own)
    y = torch.stack([step[0] for step in steps])
    return y.flip(0) if reverse else y, steps[-1]


def test_every_cell_of_the_package_has_a_layer():
    for name in cells.names():
        kind = cells.find(name)
        if name in TWINS:
            assert kind not in NAMED
            continue
        named = getattr(elman, kind.__name__)
        assert named is NAMED[kind]
        assert type(build(name)) is named
        assert "hidden_size" in named.__doc__


@every
def test_a_stack_in_both_directions(cell):
    layer = build(cell, num_layers=2, bidirectional=True)
    x, hx = draw(), states_of(layer)
    y, state = layer(x, hx)
    found, last = x, []
    for k in (0, 2):
        ways = [by_equations(layer, found, hx, k + d, d == 1) for d in (0, 1)]
        found = torch.cat([way[0] for way in ways], -1)
        last += [way[1] for way in ways]
    assert_close(y, found, summands=4 * H, steps=T)
    for a, b in zip(parts(state), zip(*last, strict=True), strict=True):
        assert_close(a, torch.stack(b), summands=4 * H, steps=T)


@every
def test_lengths_and_packed_and_padding(cell):
    layer = build(cell, num_layers=2, bidirectional=True)
    x, lengths = draw(), [6, 2, 0, 4]
    for row, steps in enumerate(lengths):
        x[steps:, row] = float("nan")
    y, state = layer(x, lengths=lengths)
    for row, steps in enumerate(lengths):
        assert torch.equal(y[steps:, row], torch.zeros_like(y[steps:, row]))
        if steps:
            alone, end = layer(x[:steps, row : row + 1])
            assert_close(y[:steps, row], alone[:, 0], summands=4 * H, steps=T)
            for a, b in zip(parts(state), parts(end), strict=True):
                assert_close(a[:, row], b[:, 0], summands=4 * H, steps=T)
    rows = [x[:steps, row] for row, steps in enumerate(lengths) if steps]
    packed, _ = layer(pack_sequence(rows, enforce_sorted=False))
    assert len(packed.data) == sum(lengths)
    y.sum().backward()
    assert all(p.grad.isfinite().all() for p in layer.parameters())


@every
def test_a_sequence_in_pieces_and_step_by_step(cell):
    layer = build(cell, num_layers=2)
    x = draw()
    y, state = layer(x)
    first, between = layer(x[:2])
    second, last = layer(x[2:], between)
    assert_close(y, torch.cat([first, second]), summands=4 * H, steps=T)
    for a, b in zip(parts(state), parts(last), strict=True):
        assert_close(a, b, summands=4 * H, steps=T)
    carried = build(cell, num_layers=2, stateful="detached", batch_first=True)
    carried.load_state_dict(layer.state_dict())
    pieces = [carried(x[k : k + 1].transpose(0, 1))[0] for k in range(T)]
    assert_close(y, torch.cat(pieces, 1).transpose(0, 1), summands=4 * H, steps=T)


@every
def test_trace(cell):
    layer = build(cell)
    x = draw()
    y, state, ((trace,),) = layer.trace(x, lengths=[6, 2, 6, 4])
    assert tuple(trace)[: len(_names(layer))] == _names(layer)
    assert torch.equal(trace[_names(layer)[0]], y)
    for name, last in zip(_names(layer), parts(state), strict=True):
        assert torch.equal(trace[name][-1, 0], last[0, 0])
    for track in trace.values():
        assert track.shape == (T, B, H)
        assert torch.equal(track[2:, 1], torch.zeros(4, H, dtype=torch.float64))


@every
def test_derivatives(cell):
    layer = build(cell, inputs=2, bidirectional=True)
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    hx = parts(states_of(layer, rows=2))
    state = tuple(s.requires_grad_() for s in hx)
    weights = list(layer.parameters())

    def run(x, *given):
        own = given[: len(state)]
        y, last = layer(x, own if len(own) > 1 else own[0], lengths=[3, 1])
        return (y, *parts(last))

    inputs = (x, *state, *weights)
    assert torch.autograd.gradcheck(run, inputs, fast_mode=True)
    assert torch.autograd.gradgradcheck(run, inputs, fast_mode=True)


@every
def test_noise(cell):
    layer = build(cell, zoneout=0.5, dropout=0.3, num_layers=2)
    x = draw()
    torch.manual_seed(1)
    y = layer(x)[0]
    torch.manual_seed(2)
    assert not torch.equal(y, layer(x)[0])
    y.sum().backward()
    layer.eval()
    hx = states_of(layer)
    _once, now = layer(x[:1], hx)
    without = build(cell, num_layers=2).eval()
    after = without(x[:1], hx)[1]
    pairs = zip(parts(now), parts(after), parts(hx), strict=True)
    for a, new, old in pairs:  # of the first layer, whose input is the same
        assert_close(a[0], new[0] + 0.5 * (old[0] - new[0]), summands=4 * H)


@every
def test_all_dropped_and_none(cell):
    """Recurrent weights that see nothing see a state of zeros."""
    step = cells.cell(cell).traced
    try:
        cells.noisy(step, dropout=True)
    except InputError:
        with pytest.raises(InputError, match="nothing to hide"):
            build(cell, recurrent_dropout=0.5)
        return
    layer = build(cell, recurrent_dropout=1.0)
    y = layer(draw(), states_of(layer))[0]
    assert y.isfinite().all()
    without = build(cell)
    x = draw()
    layer.recurrent_dropout = 1e-300  # of nothing
    assert_close(layer(x)[0], without(x)[0], summands=4 * H, steps=T)


@every
def test_copies(cell):
    layer = build(cell, num_layers=2, learn_initial_state=True)
    x = draw()
    y = layer(x)[0]
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):  # noqa: S301
        assert torch.equal(other(x)[0], y)
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    fresh = build(cell, num_layers=2, learn_initial_state=True)
    fresh.reset_parameters()
    fresh.load_state_dict(torch.load(file))
    assert torch.equal(fresh(x)[0], y)


@every
def test_forms(cell):
    layer = build(cell, batch_first=True, state_batch_first=True, bidirectional=True)
    x = draw()
    y, state = layer(x.transpose(0, 1))
    assert y.shape == (B, T, 2 * H)
    assert all(s.shape == (B, 2, H) for s in parts(state))
    alone, end = layer(x[:, 0])
    assert alone.shape == (T, 2 * H)
    assert all(s.shape == (2, H) for s in parts(end))
    assert_close(alone, y[0], summands=4 * H, steps=T)
    empty, kept = layer(draw(steps=0).transpose(0, 1), state)
    assert empty.shape == (B, 0, 2 * H)
    for a, b in zip(parts(kept), parts(state), strict=True):
        assert torch.equal(a, b)


@every
def test_other_ways(cell):
    layer = build(cell, num_layers=2)
    x = draw()
    y = layer(x)[0]
    single = copy.deepcopy(layer).float()
    assert_close(single(x.float())[0], y.float(), summands=4 * H, steps=T)
    half = copy.deepcopy(layer).bfloat16()(x.bfloat16())[0]
    assert half.dtype == torch.bfloat16
    assert half.isfinite().all()

    def loss(parameters):
        return torch.func.functional_call(layer, parameters, (x,))[0].sum()

    own = dict(layer.named_parameters())
    found = torch.func.grad(loss)(own)
    expected = torch.autograd.grad(y.sum(), list(own.values()))
    for a, b in zip(found.values(), expected, strict=True):
        assert_close(a, b, summands=4 * H * B, steps=T)
    with elman.ops.force_path("composite"):
        assert_close(layer(x)[0], y, summands=4 * H, steps=T)


@pytest.mark.skipif(not elman.ops.BUILT, reason="needs the core")
@every
def test_the_core_serves_all_of_it(cell):
    """With a stack, lengths, noise and a trace, in training; not inside transforms."""
    layer = build(cell, num_layers=2, bidirectional=True, zoneout=0.1, dropout=0.1)
    with elman.ops.record_paths() as ran:
        layer.trace(draw(), lengths=[6, 2, 0, 4])
        layer.eval()(draw())
    assert ran == ["native"] * 8
    with elman.ops.record_step_gradients() as record:
        y = layer(draw())[0]
    y.sum().backward()
    assert [entry.path for entry in record] == ["native"] * 4
    assert all(entry.norms.shape == (T, B) for entry in record)


@every
def test_the_core_and_plain_operations_agree(cell):
    layer = build(cell, num_layers=2, bidirectional=True, zoneout=0.3)
    x, hx = draw().requires_grad_(), states_of(layer)
    found = []
    for path in ("native", "composite") if elman.ops.BUILT else ():
        torch.manual_seed(3)
        with elman.ops.force_path(path):
            y, state, traces = layer.trace(x, hx, lengths=[6, 2, 0, 4])
        loss = y.square().sum() + sum(s.sin().sum() for s in parts(state))
        of = [x, *layer.parameters()]
        slopes = torch.autograd.grad(loss, of, materialize_grads=True)
        tracks = [t for place in traces[0] for t in place.values()]
        found.append([y, *parts(state), *tracks, *slopes])
    for a, b in zip(*found, strict=True):
        assert_close(a, b, summands=4 * H * B, steps=T)


@every
def test_step_by_step(cell):
    layer = build(cell)
    torch.manual_seed(0)
    one = type(layer.cell).one_step(I, H, dtype=torch.float64)
    assert repr(one) == f"{type(layer.cell).__name__}Cell(3, 8)"
    one.load_state_dict(
        {k.removesuffix("_l0"): v for k, v in layer.state_dict().items()}
    )
    x = draw()
    y, last = layer(x)
    state = None
    for t in range(T):
        state = one(x[t], state)
        assert_close(parts(state)[0], y[t], summands=4 * H, steps=T)
    for a, b in zip(parts(state), parts(last), strict=True):
        assert_close(a, b[0], summands=4 * H, steps=T)
    alone = one(
        x[0, 0], tuple(s[0] for s in state) if len(parts(last)) > 1 else state[0]
    )
    assert parts(alone)[0].shape == (H,)
    parts(alone)[0].sum().backward()
    assert one.weight_ih.grad.isfinite().all()
    with pytest.raises(InputError):
        one(x[0, :, :2])
    with pytest.raises(InputError):
        one(x[0], (x[0],) * 5)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
@every
def test_on_paper_and_scripted(cell):
    layer = build(cell, num_layers=2)
    with FakeTensorMode(allow_non_fake_inputs=True):
        y, _ = layer(torch.empty(T, B, I, dtype=torch.float64))
    assert y.shape == (T, B, H)
    y, _ = layer.to("meta")(torch.empty(T, B, I, dtype=torch.float64, device="meta"))
    assert y.device.type == "meta"
    for module in (layer, type(layer.cell).one_step(I, H)):
        with pytest.raises(InputError, match=r"use torch\.jit\.trace"):
            torch.jit.script(module)


# What torch's exporter says about itself.
@pytest.mark.filterwarnings("ignore:.*script_method.*:DeprecationWarning")
def test_compiled_and_exported():
    torch.compiler.reset()  # it counts compilations, of other layers too
    layer = build("janet", num_layers=2)
    x = draw()
    y = layer(x)[0]
    compiled = torch.compile(lambda x: 2 * layer(x)[0], backend="eager")
    # Without gradients: the tracer looks at .grad of what it meets, and warns itself.
    with torch.no_grad():
        assert_close(compiled(x), 2 * y, summands=4 * H, steps=T)
    program = torch.export.export(
        layer, (x,), dynamic_shapes={"input": {0: torch.export.Dim.AUTO}}
    )
    longer = draw(steps=2 * T)
    assert_close(program.module()(longer)[0], layer(longer)[0], summands=4 * H, steps=T)
