"""Cells and layers called step by step with gradients: torch's, however they are used.

Cells of few units take many rows to the core; nobody may notice.
"""

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import elman
from elman import ops
from tolerance import assert_close

T, B, I, H = 9, 70, 5, 24
NAMES = ["GRUCell", "LSTMCell"]
every = pytest.mark.parametrize("name", NAMES)
pytestmark = pytest.mark.skipif(not ops.BUILT, reason="needs the compiled core")


def pair(name, **options):
    torch.manual_seed(0)
    options = {"dtype": torch.float64} | options
    ours, theirs = (getattr(m, name)(I, H, **options) for m in (elman, nn))
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def walk(cell, xs, state=None, every_step=None):
    """Return all h, the state going from step to step."""
    seen = []
    for t, x in enumerate(xs):
        state = cell(x, state)
        if every_step is not None:
            state = every_step(t, state)
        seen.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(seen)


def data(*rows):
    return torch.randn(T, *rows, I, dtype=torch.float64)


def same(a, b):
    for one, other in zip(a, b, strict=True):
        assert_close(one, other, summands=T * B * 4 * H, steps=T)


def gradients(cell, xs, **how):
    x = xs.clone().requires_grad_()
    y = walk(cell, x, **how)
    wanted = [p for p in cell.parameters() if p.requires_grad]
    return [y, *torch.autograd.grad(y.square().sum(), [x, *wanted])]


@pytest.mark.parametrize("rows", [(), (1,), (B,), (64,)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
@every
def test_outputs_and_gradients_are_torchs(name, bias, rows):
    ours, theirs = pair(name, bias=bias)
    xs = data(*rows)
    same(gradients(ours, xs), gradients(theirs, xs))


@every
def test_single_precision(name):
    ours, theirs = pair(name, dtype=torch.float32)
    xs = data(B).float()
    same(gradients(ours, xs), gradients(theirs, xs))


@every
def test_it_is_what_runs_and_where_it_does_not_torch_does(name):
    def node(rows, units):
        new = getattr(elman, name)(I, units)(torch.randn(rows, I))
        return type((new[0] if isinstance(new, tuple) else new).grad_fn).__name__

    assert node(B, H) == "_SequenceBackward"
    assert node(8, H) != "_SequenceBackward"
    assert node(B, 256) != "_SequenceBackward"


@every
def test_states_reset_in_between_as_at_the_ends_of_episodes(name):
    ours, theirs = pair(name)
    xs, ended = data(B), torch.rand(T, B) < 0.4

    def reset(t, state):
        keep = (~ended[t]).double()[:, None]
        if isinstance(state, tuple):
            return tuple(keep * s for s in state)
        return keep * state

    same(gradients(ours, xs, every_step=reset), gradients(theirs, xs, every_step=reset))


@every
def test_weights_that_change_between_steps_of_two_graphs(name):
    """A state carried, detached, over updates: each update its own graph."""
    found = []
    for cell in pair(name):
        optimiser = torch.optim.SGD(cell.parameters(), 0.1)
        torch.manual_seed(1)
        state, seen = None, []
        for _ in range(3):
            y, state = [], None if state is None else state
            for x in data(B)[:3]:
                state = cell(x, state)
                y.append(state[0] if isinstance(state, tuple) else state)
            optimiser.zero_grad()
            torch.stack(y).square().mean().backward()
            optimiser.step()
            seen.append(torch.stack(y).detach())
            state = (
                tuple(s.detach() for s in state)
                if isinstance(state, tuple)
                else state.detach()
            )
        found.append([*seen, *(p.detach() for p in cell.parameters())])
    same(*found)


@every
def test_a_weight_changed_in_a_graph_is_an_error_as_in_torch(name):
    for cell in pair(name):
        y = walk(cell, data(B))
        with torch.no_grad():
            cell.weight_hh.mul_(2)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


@every
def test_data_put_in_the_weights_place(name):
    found = []
    for cell in pair(name):
        torch.manual_seed(1)
        xs = data(B)
        first = walk(cell, xs)
        cell.weight_hh.data = cell.weight_hh.data * 0.5
        found.append([first, *gradients(cell, xs)])
    same(*found)


@every
def test_two_losses_one_after_the_other_and_the_same_twice(name):
    found = []
    for cell in pair(name):
        torch.manual_seed(1)
        y = walk(cell, data(B))
        grads = []
        for loss in (y[3].sum(), y[-1].square().sum(), y[3].sum()):
            loss.backward(retain_graph=True)
            grads += [p.grad.clone() for p in cell.parameters()]
        found.append(grads)
    same(*found)


@every
def test_a_pass_that_leaves_the_weights_out_leaves_nothing(name):
    found = []
    for cell in pair(name):
        torch.manual_seed(1)
        x = data(B).requires_grad_()
        y = walk(cell, x)
        only, *_ = torch.autograd.grad(y.sum(), x, retain_graph=True)
        all_of_it = torch.autograd.grad(y.sum(), [*cell.parameters()])
        found.append([only, *all_of_it])
    same(*found)


@every
def test_frozen_parts(name):
    found = []
    for cell in pair(name):
        torch.manual_seed(1)
        cell.weight_ih.requires_grad_(False)
        cell.bias_hh.requires_grad_(False)
        found.append(gradients(cell, data(B)))
        cell.requires_grad_(False)
        found[-1] += gradients(cell, data(B))
        cell.requires_grad_(True)
        found[-1] += gradients(cell, data(B))
    same(*found)


@every
def test_one_weight_for_two_cells(name):
    found = []
    for kind in (elman, nn):
        torch.manual_seed(1)
        first, second = (
            getattr(kind, name)(I, H, dtype=torch.float64) for _ in range(2)
        )
        second.weight_hh, second.bias_ih = first.weight_hh, first.bias_ih
        xs = data(B)
        total = walk(first, xs).sum() + walk(second, xs).square().sum()
        total.backward()
        found.append([p.grad for c in (first, second) for p in c.parameters()])
    same(*found)


@every
def test_second_derivatives(name):
    found = []
    for cell in pair(name):
        torch.manual_seed(1)
        x = data(B).requires_grad_()
        (g,) = torch.autograd.grad(walk(cell, x).sum(), x, create_graph=True)
        found.append(torch.autograd.grad(g.square().sum(), [*cell.parameters()]))
    for ours, theirs in zip(*found, strict=True):
        if theirs.abs().max() > 0:
            same([ours], [theirs])


@pytest.mark.parametrize("reentrant", [False, True])
@every
def test_recomputed_in_backward(name, reentrant):
    found = []
    for cell in pair(name):
        torch.manual_seed(1)
        xs = data(B).requires_grad_()
        half = checkpoint(lambda x, c=cell: walk(c, x), xs[:5], use_reentrant=reentrant)
        y = walk(cell, xs[5:], (half[-1],) * 2 if name == "LSTMCell" else half[-1])
        (half.sum() + y.sum()).backward()
        found.append([p.grad for p in cell.parameters()])
    same(*found)


def test_layers_one_step_at_a_time():
    for name in ("GRU", "LSTM"):
        found = []
        for kind in (elman, nn):
            torch.manual_seed(1)
            layer = getattr(kind, name)(I, H, 2, dtype=torch.float64)
            torch.manual_seed(2)
            state, seen = None, []
            for x in data(B):
                y, state = layer(x[None], state)
                y.mul_(1.0)  # outputs and states have memory of their own
                seen.append(y)
            torch.cat(seen).square().sum().backward()
            found.append([*seen, *(p.grad for p in layer.parameters())])
        same(*found)


def test_hooks_on_weights_see_the_whole_gradient_once():
    cell, theirs = pair("GRUCell")
    xs, seen = data(B), []
    cell.weight_hh.register_hook(seen.append)
    walk(cell, xs).sum().backward()
    walk(theirs, xs).sum().backward()
    assert len(seen) == 1
    same(seen, [theirs.weight_hh.grad])
