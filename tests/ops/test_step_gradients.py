"""‖∂L/∂h_t‖ as a by-product of each path, against the reference's backward by hand.

The oracle is a cut: the state after step t becomes a leaf, and the reference runs
the rest of the row from there (`adjoint_by_cut`), in NumPy, one row at a time.
"""

import dataclasses

import numpy as np
import pytest
import torch

import elman
from cells import CELLS, by_operator, by_reference, draw
from elman import ops
from elman.ops import record_step_gradients
from tolerance import tolerance

PATHS = ("native", "composite", "torch")
T, B, I, H = 9, 4, 3, 5


def adjoint_by_cut(problem, row, t):
    """∂L/∂h_t of one row: what the rest of the row passes back to its first state."""
    length = T if problem.lengths is None else problem.lengths[row]
    if t >= length:
        return None
    g, cot = problem.given, problem.cotangents
    weights = {k: v for k, v in g.items() if k not in ("x", "h_0", "c_0")}
    one = slice(row, row + 1)
    # The states up to t, from a run of the row's first part in its own order.
    before = slice(t, length) if problem.reverse else slice(0, t + 1)
    after = slice(0, t) if problem.reverse else slice(t + 1, length)

    def part(steps, state, cotangents):
        given = {**weights, "x": g["x"][steps, one], **state}
        return by_reference(
            dataclasses.replace(
                problem, given=given, cotangents=cotangents, lengths=None
            )
        )

    start = {k: g[k][one] for k in problem.cell.states}
    none = {k: np.zeros_like(cot[k][one]) for k in cot if k != "y"}
    first = part(before, start, {**none, "y": np.zeros_like(cot["y"][before, one])})
    states = {k: first[k.replace("_0", "_n")] for k in problem.cell.states}
    last = {k: cot[k][one] for k in cot if k != "y"}
    entering = cot["y"][t, one]
    if after.stop == after.start:
        return entering + last["h_n"]
    rest = part(after, states, {**last, "y": cot["y"][after, one]})
    return entering + rest["dh_0"]


def measured(problem, path):
    with record_step_gradients() as record:
        by_operator(problem, path)
    (entry,) = record
    assert entry.path == path
    assert entry.shape == (T, B)
    return entry.norms.numpy()


def serves(cell, path, ragged):
    request = ops.Request(cell.cell, cell.variant, dtype=torch.float64, ragged=ragged)
    try:
        ops.choose_path(request, path)
    except elman.InputError:
        return False
    return True


CASES = [
    pytest.param(cell, path, lengths, id=f"{cell.id}-{path}-{lengths or 'dense'}")
    for cell in CELLS
    for path in PATHS
    for lengths in (None, [9, 1, 0, 6])
    if serves(cell, path, lengths is not None)
]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("cell", "path", "lengths"), CASES)
def test_norms_are_exact(cell, path, lengths, reverse):
    problem = draw(cell, T, B, I, H, lengths=lengths, reverse=reverse)
    norms = measured(problem, path)
    want = np.zeros((T, B))
    for row in range(B):
        for t in range(T):
            adjoint = adjoint_by_cut(problem, row, t)
            if adjoint is not None:
                want[t, row] = np.linalg.norm(adjoint)
    limit = tolerance(torch.float64, problem.summands, T, max(1.0, want.max()))
    assert abs(norms - want).max() <= limit


@pytest.mark.parametrize("path", PATHS)
def test_a_hook_on_the_output_sees_less(path):
    layer = elman.GRU(I, H).double()
    x = torch.randn(T, B, I, dtype=torch.float64)
    with ops.force_path(path), record_step_gradients() as record:
        y, _ = layer(x)
    y[-1].sum().backward()  # the backward pass may follow outside the block
    norms = record[0].norms
    assert norms[-1].numpy() == pytest.approx(H**0.5, abs=H * 1e-15)
    assert (norms[:-1] > 0).all()


def test_one_entry_for_each_layer_and_direction():
    layer = elman.LSTM(I, H, num_layers=2, bidirectional=True)
    with record_step_gradients() as record:
        layer(torch.randn(T, B, I))
    assert [entry.reverse for entry in record] == [False, True, False, True]
    assert all(entry.norms is None for entry in record)  # nothing came back yet


def test_nothing_is_recorded_outside_or_without_gradients():
    layer = elman.GRU(I, H)
    x = torch.randn(T, B, I)
    with record_step_gradients() as record:
        pass
    layer(x)[0].sum().backward()
    assert record == []
    with record_step_gradients() as record, torch.no_grad():
        layer(x)
    assert record[0].missing == "the call ran without gradients"


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_are_the_same_bits_with_a_record(create_graph):
    layer = elman.LSTM(I, H).double()
    x = torch.randn(T, B, I, dtype=torch.float64)

    def gradients():
        return torch.autograd.grad(
            layer(x)[0].sin().sum(), layer.parameters(), create_graph=create_graph
        )

    plain = gradients()
    with record_step_gradients() as record:
        followed = gradients()
    assert record[0].norms.shape == (T, B)
    assert not record[0].norms.requires_grad
    for a, b in zip(plain, followed, strict=True):
        assert torch.equal(a, b)


def test_blocks_nest():
    layer = elman.GRU(I, H)
    x = torch.randn(T, B, I)
    with record_step_gradients() as outer:
        layer(x)
        with record_step_gradients() as inner:
            layer(x)
        layer(x)
    assert (len(outer), len(inner)) == (2, 1)
