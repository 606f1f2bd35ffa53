"""Directions through a step equal automatic differentiation of its equations."""

import numpy as np
import pytest
import torch
from torch.autograd.functional import jacobian

from elman import cells

I, H, B, M = 3, 8, 2, 5
EPS = torch.finfo(torch.float64).eps

CELLS = {
    **{name: cells.cell(name) for name in cells.names()},
    "rnn relu": cells.cell("rnn", nonlinearity="relu"),
    "rnn softplus": cells.cell("rnn", nonlinearity="softplus"),
    "indrnn tanh": cells.cell("indrnn", activation="tanh"),
    "slstm heads": cells.cell("slstm", heads=2),
}


def problem(cell, seed=0):
    source = np.random.default_rng(seed)
    found = cells.initial(cell, I, H, source.random)
    parameters = {k: torch.from_numpy(v) for k, v in found.items()}
    x = torch.from_numpy(source.normal(size=(B, I)))
    state = [torch.from_numpy(source.normal(size=(B, H))) for _ in cell.states]
    if "n" in cell.states:  # a normaliser is above 0
        state[2] = state[2].abs() + 0.5
    return parameters, x, state, torch.from_numpy(source.normal(size=(B, H, M)))


def pushed(step, parameters, x, state, directions, masks=None):
    composite = cells.Composite(step, parameters)
    return cells.ForwardMode(composite).push(
        composite.inputs(x), state, directions, masks
    )


@pytest.mark.parametrize("name", CELLS)
def test_directions_are_those_of_autograd(name):
    cell = CELLS[name]
    parameters, x, state, first = problem(cell)
    directions = [(k + 1) * first for k in range(len(state))]

    def step(*given):
        return tuple(cells.specified(cell, x[None], given, parameters)[0])

    got = pushed(cell.traced, parameters, x, state, directions)
    parts = jacobian(step, tuple(state))
    assert len(got) == len(parts)
    for mine, row in zip(got, parts, strict=True):
        want = sum(
            torch.einsum("bhck,ckm->bhm", part, d)
            for part, d in zip(row, directions, strict=True)
        )
        limit = 64 * (H + I) * EPS * max(1.0, float(want.abs().max()))
        assert (mine - want).abs().max() <= limit


@pytest.mark.parametrize("name", ["gru", "gru_reset_before", "slstm", "cornn"])
def test_directions_meet_what_is_held_back(name):
    cell = CELLS[name]
    parameters, x, state, first = problem(cell, 1)
    step = cells.noisy(cell.traced, dropout=True)
    factor = torch.tensor(np.random.default_rng(2).integers(0, 2, (B, H)) * 2.0)
    masks = {f"dropout.{cell.states[k]}": factor for k in step.dropped}
    composite = cells.Composite(step, parameters)
    inputs = composite.inputs(x)
    parts = jacobian(lambda *given: composite(inputs, given, masks)[0], tuple(state))
    got = pushed(step, parameters, x, state, [first] * len(state), masks)
    for mine, row in zip(got, parts, strict=True):
        want = sum(torch.einsum("bhck,ckm->bhm", part, first) for part in row)
        limit = 64 * (H + I) * EPS * max(1.0, float(want.abs().max()))
        assert (mine - want).abs().max() <= limit


def test_a_units_own_past_is_what_multiplies_it():
    cell = CELLS["lstm"]
    parameters, x, state, _ = problem(cell)
    composite = cells.Composite(cell.traced, parameters)
    inputs = composite.inputs(x)
    gates = composite(inputs, state)[1]
    block = cells.ForwardMode(composite).own_past(inputs, state)
    assert block.shape == (B, H, 2, 2)
    assert torch.equal(block[..., 1, 1], gates["f"])
    assert not block[..., 0].any()  # an LSTM's h enters by its products alone


def test_the_lru_turns_and_shrinks_by_lambda():
    cell = CELLS["lru"]
    parameters, x, state, _ = problem(cell)
    composite = cells.Composite(cell.traced, parameters)
    block = cells.ForwardMode(composite).own_past(composite.inputs(x), state)
    size = torch.linalg.eigvals(block).abs().amax(-1)
    want = torch.exp(-torch.exp(parameters["nu"])).expand(B, H)
    assert (size - want).abs().max() <= 16 * EPS
