"""Outputs and states are the caller's: what is done to them in place is torch's too."""

import gc
import weakref

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from torch.utils.checkpoint import checkpoint

import elman
from elman.ops import _paths
from layer_pairs import layer_pair
from tolerance import assert_close

T, B, I, H = 5, 3, 4, 6
every = pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
FORMS = ["dense", "batch_first", "unbatched", "packed"]


def pair(name, **options):
    """Return a layer of ours and torch's with its weights."""
    return layer_pair(name, I, H, **options)


def given(form):
    torch.manual_seed(1)
    shape = {"unbatched": (T, I), "batch_first": (B, T, I)}.get(form, (T, B, I))
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    if form == "packed":
        return x, pack_padded_sequence(x, torch.tensor([4, 5, 1]), enforce_sorted=False)
    return x, x


def parts(result):
    """Return the outputs and the states as tensors of a list."""
    y, state = result
    y = y.data if isinstance(y, PackedSequence) else y
    return [y, *(state if isinstance(state, tuple) else (state,))]


def gradients(layer, form, change):
    """Return the outputs after a change, and the gradients of their squares."""
    leaf, x = given(form)
    results = change(parts(layer(x)))
    loss = sum((k + 1) * r.square().sum() for k, r in enumerate(results))
    grads = torch.autograd.grad(loss, [leaf, *layer.parameters()])
    return [*results, *grads]


def in_place(results):
    results[0].mul_(2.0)[:1].add_(0.25)
    results[1].relu_()
    for state in results[2:]:
        state[:, :1] = 0.5
    return results


def out_of_place(results):
    y = results[0] * 2.0
    found = [torch.cat([y[:1] + 0.25, y[1:]]), results[1].relu()]
    for state in results[2:]:
        rest = state.clone()
        rest[:, :1] = 0.5
        found.append(rest)
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@every
def test_gradients_are_those_of_the_same_out_of_place(
    name, layers, bidirectional, form
):
    options = {"num_layers": layers, "bidirectional": bidirectional}
    ours, theirs = pair(name, **options, batch_first=form == "batch_first")
    found = gradients(ours, form, in_place)
    expected = gradients(theirs, form, out_of_place)
    for one, other in zip(found, expected, strict=True):
        assert_close(one, other, summands=4 * T * B * H * layers, steps=T)


@pytest.mark.parametrize("how", ["no_grad", "twice", "residual", "second derivative"])
@every
def test_other_ways(name, how):
    ours, theirs = pair(name)

    def found(layer, places):
        x, _ = given("dense")
        y, _ = layer(x)
        if how == "residual":
            y = y.add_(x.sum()) if places else y + x.sum()
        elif how == "no_grad" and places:
            with torch.no_grad():
                y.zero_()
        elif how == "no_grad":
            y = y * 0 + (y - y.detach())
        else:
            y = y.mul_(3.0) if places else y * 3.0
        if how == "second derivative":
            (g,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
            return torch.autograd.grad(g.square().sum(), [x, *layer.parameters()])
        leaves = [x, *layer.parameters()]
        grads = torch.autograd.grad(y.sum(), leaves, retain_graph=how == "twice")
        if how == "twice":
            grads += torch.autograd.grad(y.square().sum(), leaves)
        return grads

    for one, other in zip(found(ours, True), found(theirs, False), strict=True):
        assert_close(one, other, summands=16 * T * B * H, steps=2 * T)


@pytest.mark.parametrize("how", ["checkpoint", "offloaded"])
@every
def test_where_saved_tensors_are_packed(name, how):
    ours, theirs = pair(name)

    def found(layer, places):
        x, _ = given("dense")

        def part(v):
            y, _ = layer(v)
            return y.relu_() if places else y.relu()

        if how == "checkpoint":
            y = checkpoint(part, x, use_reentrant=False)
        else:
            with torch.autograd.graph.save_on_cpu():
                y = part(x)
        y = y.mul_(2.0) if places else y * 2.0
        return torch.autograd.grad(y.sum(), [x, *layer.parameters()])

    for one, other in zip(found(ours, True), found(theirs, False), strict=True):
        assert_close(one, other, summands=16 * T * B * H, steps=2 * T)


@every
def test_within_a_compiled_model(name):
    layer, _ = pair(name)

    def model(x):
        y, state = layer(x)
        h = state[0] if name == "LSTM" else state
        h[:, :1] = 0.5
        return y.relu_().sum() + h.square().sum()

    found = []
    for run in (model, torch.compile(model, fullgraph=True, backend="aot_eager")):
        x, _ = given("dense")
        found.append(torch.autograd.grad(run(x), [x, *layer.parameters()]))
    for one, other in zip(*found, strict=True):
        assert_close(one, other, summands=4 * T * B * H, steps=T)


@pytest.mark.skipif("native" not in _paths._PATHS, reason="needs the compiled core")
@every
def test_what_was_watched_goes_with_the_graph(name):
    """A loss kept after its backward keeps no outputs, as with any operator."""
    layer, _ = pair(name)
    y, _ = layer(torch.randn(T, B, I, dtype=torch.float64))
    address, loss, node = y.data_ptr(), y.sum(), y.grad_fn
    loss.backward(retain_graph=True)
    assert node.y.data_ptr() == address
    loss.backward()
    assert node.y is None


@every
def test_no_cycle_holds_a_graph_that_is_never_walked(name):
    layer, _ = pair(name)
    gc.collect()
    gc.disable()
    try:
        y, _ = layer(torch.randn(T, B, I, dtype=torch.float64))
        node = weakref.ref(y.grad_fn)
        del y, _
        assert node() is None
    finally:
        gc.enable()


@every
@pytest.mark.parametrize("way", ["plain", "ordinary", "array", "operator"])
def test_lengths_changed_after_forward_do_not_reach_backward(name, way):
    ours, _ = pair(name)
    x = torch.randn(T, B, I, dtype=torch.float64)

    def slopes(change):
        lengths = torch.tensor([4, 5, 1])
        given = lengths.numpy() if way == "array" else lengths
        if way == "operator":
            state = torch.zeros(B, H, dtype=torch.float64)
            start = (state, state) if name == "LSTM" else state
            weights = elman.ops.Weights(*ours.parameters())
            y = getattr(elman.ops, name.lower())(x, start, weights, lengths=given)[0]
        elif way == "ordinary":
            with _paths.force_path("native"):
                y = ours(x, lengths=given)[0]
        else:
            y = ours(x, lengths=given)[0]
        if change:
            lengths.sub_(1)
        return torch.autograd.grad(y.square().sum(), list(ours.parameters()))

    for changed, kept in zip(slopes(True), slopes(False), strict=True):
        assert torch.equal(changed, kept)
