"""Runs that hold states back, against the equations written out row by row."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import softplus

from cells import CELLS, draw
from elman import InputError, ops
from tolerance import assert_close

WEIGHTS = ("w_ih", "w_hh", "b_ih", "b_hh", "w_hr")
PHI = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "identity": lambda a: a,
    "softplus": softplus,
}
jit_warning = pytest.mark.filterwarnings("ignore:`torch.jit.script`")
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
LENGTHS = [5, 0, 3]


def step(cell, x, state, g, m):
    """One step of one row, from the papers: m is the factor on h in the products."""
    h = state[0]
    a, u = g["w_ih"] @ x + g["b_ih"], g["w_hh"] @ (m * h) + g["b_hh"]
    if cell.cell == "rnn":
        return (PHI[cell.variant](a + u),)
    if cell.cell == "gru":
        (a_r, a_z, a_n), (u_r, u_z, u_n) = a.chunk(3), u.chunk(3)
        r, z = torch.sigmoid(a_r + u_r), torch.sigmoid(a_z + u_z)
        if cell.variant == "reset_after":
            n = torch.tanh(a_n + r * u_n)
        else:
            w_n, b_n = g["w_hh"].chunk(3)[2], g["b_hh"].chunk(3)[2]
            n = torch.tanh(a_n + w_n @ (r * m * h) + b_n)
        return ((1 - z) * n + z * h,)
    i, f, c_new, o = (a + u).chunk(4)
    c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(c_new)
    h = torch.sigmoid(o) * torch.tanh(c)
    return (g["w_hr"] @ h if "w_hr" in g else h), c


def by_hand(problem, given, noise):
    """Return y and the last states: each row alone, a step at a time."""
    steps, rows, *_ = problem.sizes
    y, last = [], []
    for b in range(rows):
        state = tuple(given[s][b] for s in problem.cell.states)
        outputs = [torch.zeros_like(state[0])] * steps
        count = steps if problem.lengths is None else problem.lengths[b]
        order = range(count)
        for t in reversed(order) if problem.reverse else order:
            m = 1.0 if noise.recurrent is None else noise.recurrent[b]
            new = step(problem.cell, given["x"][t, b], state, given, m)
            mixed = []
            for k, (old, fresh) in enumerate(zip(state, new, strict=True)):
                d = noise.stays[k] if noise.stays else None
                if isinstance(d, torch.Tensor):
                    d = d[t, b].double()
                mixed.append(fresh if d is None else d * old + (1 - d) * fresh)
            state = tuple(mixed)
            outputs[t] = state[0]
        y.append(torch.stack(outputs))
        last.append(state)
    return torch.stack(y, 1), *map(torch.stack, zip(*last, strict=True))


def call_of(problem, given, noise):
    return ops.Call(
        problem.cell.cell,
        problem.cell.variant,
        given["x"],
        tuple(given[s] for s in problem.cell.states),
        ops.Weights(**{k: given.get(k) for k in WEIGHTS}),
        None if problem.lengths is None else torch.tensor(problem.lengths),
        problem.reverse,
        noise=noise,
    )


def noise_of(problem, kind):
    steps, rows, *_ = problem.sizes
    widths = [problem.given[s].shape[1] for s in problem.cell.states]
    factor = 2.0 * (torch.rand(rows, widths[0]) < 0.5)
    drawn = tuple(torch.rand(steps, rows, w) < 0.4 for w in widths)
    return {
        "recurrent dropout": ops.Noise(factor.double()),
        "zoneout": ops.Noise(None, drawn),
        "zoneout of the last": ops.Noise(None, (None,) * (len(widths) - 1) + (0.3,)),
        "expectation": ops.Noise(None, (0.3, 0.6)[: len(widths)]),
        "both": ops.Noise(factor.double(), drawn),
    }[kind]


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["full", "ragged"])
@pytest.mark.parametrize(
    "kind",
    ["recurrent dropout", "zoneout", "zoneout of the last", "expectation", "both"],
)
@every_cell
def test_outputs_and_gradients_are_those_of_the_equations(cell, kind, lengths, reverse):
    problem = draw(cell, 5, 3, 2, 4, lengths=lengths, reverse=reverse)
    noise = noise_of(problem, kind)
    given = {k: torch.from_numpy(v).requires_grad_() for k, v in problem.given.items()}
    result = ops.run(call_of(problem, given, noise))
    found = []
    for outputs in (
        (result.y, *result.state),
        by_hand(problem, given, noise),
    ):
        total = sum(
            (o * torch.from_numpy(c)).sum()
            for o, c in zip(outputs, problem.cotangents.values(), strict=True)
        )
        grads = torch.autograd.grad(total, list(given.values()), materialize_grads=True)
        found.append((*outputs, *grads))
    for ours, expected in zip(*found, strict=True):
        assert_close(ours, expected, summands=problem.summands, steps=5)


@jit_warning
@pytest.mark.parametrize("kind", ["both", "expectation"])
@pytest.mark.parametrize(
    "cell", [c for c in CELLS if c.variant != "relu"], ids=lambda c: c.id
)
def test_derivatives_of_first_and_second_order_and_forward_mode(cell, kind):
    problem = draw(cell, 3, 2, 2, 2, lengths=[3, 1])
    noise = noise_of(problem, kind)

    def run(*tensors):
        given = dict(zip(problem.given, tensors, strict=True))
        result = ops.run(call_of(problem, given, noise))
        return (result.y, *result.state)

    leaves = [torch.from_numpy(v).requires_grad_() for v in problem.given.values()]
    assert gradcheck(run, leaves, check_forward_ad=True, fast_mode=True)
    assert gradgradcheck(run, leaves, fast_mode=True)


@every_cell
def test_a_trace_holds_the_states_that_were_kept(cell):
    problem = draw(cell, 5, 3, 2, 4)
    given = {k: torch.from_numpy(v) for k, v in problem.given.items()}
    noise = noise_of(problem, "zoneout")
    result = ops.run(call_of(problem, given, noise)._replace(trace=True))
    for name, stays, start in zip("hc", noise.stays, problem.cell.states, strict=False):
        track = torch.cat([given[start][None], result.trace[name]])
        assert torch.equal(track[1:][stays], track[:-1][stays])
        assert (track[1:] != track[:-1])[~stays].any()


def test_the_fused_paths_refuse_what_they_cannot_do():
    problem = draw(CELLS[0], 5, 3, 2, 4)
    given = {k: torch.from_numpy(v) for k, v in problem.given.items()}
    call = call_of(problem, given, noise_of(problem, "zoneout"))
    with ops.force_path("torch"), pytest.raises(InputError, match="cannot serve"):
        ops.run(call)
    with ops.record_paths() as ran:
        ops.run(call)
    assert ran == ["native" if ops.BUILT else "composite"]
    projected = next(c for c in CELLS if c.variant == "projected")
    problem = draw(projected, 5, 3, 2, 4)
    given = {k: torch.from_numpy(v) for k, v in problem.given.items()}
    call = call_of(problem, given, noise_of(problem, "zoneout"))
    with ops.record_paths() as ran:
        ops.run(call)
    assert ran == ["composite"]
