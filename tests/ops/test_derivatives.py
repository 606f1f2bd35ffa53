"""Derivatives of every order and mode."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from cells import CELLS, by_operator, draw
from elman import ops
from tolerance import assert_close

NAMES = ("w_ih", "w_hh", "b_ih", "b_hh", "w_hr")
# Raised inside torch, by the first forward-mode call of a process.
jit_warning = pytest.mark.filterwarnings("ignore:`torch.jit.script`")
SMOOTH = [c for c in CELLS if c.variant != "relu"]


def as_function(problem, dtype=torch.float64):
    """Return the operator as a function of tensors, and the tensors."""
    cell, names = problem.cell, list(problem.given)
    lengths = None if problem.lengths is None else torch.tensor(problem.lengths)

    def run(*tensors):
        given = dict(zip(names, tensors, strict=True))
        call = ops.Call(
            cell.cell,
            cell.variant,
            given["x"],
            tuple(given[s] for s in cell.states),
            ops.Weights(**{k: given.get(k) for k in NAMES}),
            lengths,
            problem.reverse,
        )
        result = ops.run(call)
        return (result.y, *result.state)

    leaves = [
        torch.from_numpy(v).to(dtype).requires_grad_() for v in problem.given.values()
    ]
    return run, leaves


@pytest.mark.parametrize("lengths", [None, [3, 0]], ids=["full", "ragged"])
@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_first_and_second_derivatives_on_the_chosen_path(cell, lengths):
    run, leaves = as_function(draw(cell, 3, 2, 2, 2, lengths=lengths))
    assert gradcheck(run, leaves, fast_mode=True)
    assert gradgradcheck(run, leaves, fast_mode=True)


@jit_warning
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("cell", SMOOTH, ids=lambda c: c.id)
def test_composite_first_second_and_forward_mode(cell, reverse):
    problem = draw(cell, 3, 2, 2, 2, lengths=[3, 1], reverse=reverse)
    run, leaves = as_function(problem)
    with ops.force_path("composite"):
        assert gradcheck(run, leaves, check_forward_ad=True, fast_mode=True)
        assert gradgradcheck(run, leaves, fast_mode=True)


@pytest.mark.parametrize("lengths", [None, [4, 2, 0]], ids=["full", "ragged"])
@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_second_derivative_of_a_kernel_that_has_one_only(cell, lengths):
    """Float32 on CPU, where torch's LSTM has no second derivative of its own."""
    problem = draw(cell, 4, 3, 3, 4, lengths=lengths, dtype=torch.float32)

    def second(path):
        run, leaves = as_function(problem, torch.float32)
        leaves[1] = leaves[0].mean(0) @ torch.ones(3, leaves[1].shape[1]) + leaves[1]
        with ops.force_path(path):
            y = run(*leaves)[0]
        first = torch.autograd.grad((y**2).sum(), leaves, create_graph=True)
        return torch.autograd.grad(sum((g**2).sum() for g in first), leaves)

    request = ops.Request(cell.cell, cell.variant, ragged=lengths is not None)
    chosen = ops.choose_path(request)
    for a, b in zip(second(chosen), second("composite"), strict=True):
        assert_close(a, b, summands=problem.summands**2, steps=4)


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_vmap_over_networks_is_each_network(cell):
    problems = [draw(cell, 4, 2, 3, 3, seed=s) for s in range(3)]
    run, _ = as_function(problems[0])
    each = [
        [torch.from_numpy(v) for v in problem.given.values()] for problem in problems
    ]
    with ops.record_paths() as ran:
        y, *_ = torch.func.vmap(run)(*map(torch.stack, zip(*each, strict=True)))
    assert ran == ["composite"]
    for one, tensors in zip(y, each, strict=True):
        assert_close(one, run(*tensors)[0], summands=12, steps=4)


@jit_warning
@pytest.mark.parametrize("cell", SMOOTH, ids=lambda c: c.id)
def test_forward_mode_agrees_with_reverse_mode(cell):
    run, leaves = as_function(draw(cell, 4, 2, 3, 3, lengths=[4, 2]))
    tangents = [torch.randn_like(leaf) for leaf in leaves]

    def total(*tensors):
        return run(*tensors)[0].sum()

    _, forward = torch.func.jvp(total, tuple(leaves), tuple(tangents))
    grads = torch.autograd.grad(total(*leaves), leaves)
    reverse = sum((g * t).sum() for g, t in zip(grads, tangents, strict=True))
    assert_close(forward, reverse, summands=problem_size(leaves), steps=4)


def problem_size(leaves):
    return sum(leaf.numel() for leaf in leaves)


def test_only_what_needs_a_gradient_gets_one():
    problem = draw(CELLS[-2], 4, 2, 3, 3, dtype=torch.float32)
    run, leaves = as_function(problem, torch.float32)
    for leaf in leaves[:-1]:
        leaf.requires_grad_(False)
    run(*leaves)[0].sum().backward()
    assert [leaf.grad is not None for leaf in leaves] == [False] * 6 + [True]


def test_a_backward_frees_what_the_kernel_saved():
    run, leaves = as_function(draw(CELLS[-2], 4, 2, 3, 3), torch.float32)
    y = run(*leaves)[0]
    y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()


def test_no_gradients_means_no_graph():
    run, leaves = as_function(draw(CELLS[-2], 4, 2, 3, 3), torch.float32)
    with torch.no_grad():
        assert not run(*leaves)[0].requires_grad


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_whatever_lies_in_the_padding_reaches_nothing(cell):
    full = [5, 3, 0]
    problem = draw(cell, 5, 3, 2, 4, lengths=full)
    clean = by_operator(problem)
    problem.given["x"][3:, 1] = float("nan")
    problem.given["x"][:, 2] = float("inf")
    dirty = by_operator(problem)
    assert all(torch.equal(clean[k], dirty[k]) for k in clean)
