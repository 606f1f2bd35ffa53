"""Every shipped cell beside NumPy written by hand from its source, sharing no code."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import elman
from cell_problems import compare, draw
from elman import InputError
from elman.cells import cell, specified
from oracles import ACTIVATIONS, OPTIONS, ORACLES, cfc, linoss, lstm, rnn, unicornn
from tolerance import assert_close


def test_every_shipped_cell_has_an_oracle():
    from elman.cells import shipped

    classes = {type(cell(name)).__name__ for name in ORACLES}
    assert classes == set(shipped.__all__)


@pytest.mark.parametrize("name", ORACLES)
def test_a_cell_is_what_its_source_says(name):
    compare(cell(name, **OPTIONS.get(name, {})), ORACLES[name])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_of_the_simple_network(name):
    act = ACTIVATIONS[name]
    compare(cell("rnn", nonlinearity=name), lambda *a: rnn(*a, act=act))


def test_the_stabiliser_of_an_empty_slstm_is_its_input_gate():
    """With no memory yet, what is written decides alone: as in the authors' code."""
    found = cell("slstm")
    problem = draw(found, T=1)
    zeros = [np.zeros_like(s) for s in problem.start]
    (h, c, n, m) = specified(found, problem.x, zeros, problem.parameters)[0]
    np.testing.assert_array_equal(n, 1.0)
    assert np.isfinite(h).all()
    assert (np.abs(c) <= 1.0).all()
    w = problem.parameters["weight_ih"][:6]
    assert_close(m, problem.x[0] @ w.T + problem.parameters["bias"][:6], summands=2)


def test_the_oscillators_of_the_other_scheme():
    compare(cell("linoss", scheme="imex"), lambda *a: linoss(*a, implicit=False))


def test_oscillators_start_as_slow_as_is_asked():
    draw_of = cell("linoss", slowest=1e-4).traced.units["pull"].draw
    starts = draw_of((4000,), 8, np.random.default_rng(0).random)
    decades = np.histogram(starts, [1e-4, 1e-3, 1e-2, 1e-1, 1.0])[0]
    assert decades.sum() == 4000
    assert (abs(decades - 1000) < 150).all()
    with pytest.raises(InputError, match="slowest must be from 0 to below 1, got 2"):
        cell("linoss", slowest=2)


def test_an_empty_slstm_takes_any_input():
    """Nothing is kept of nothing, however much less than that is written."""
    found = cell("slstm")
    problem = draw(found, T=3)
    zeros = [np.zeros_like(s) for s in problem.start]
    for scale in (1.0, -1.0):
        x = 1e4 * scale * problem.x
        for states in specified(found, x, zeros, problem.parameters):
            assert all(np.isfinite(s).all() for s in states)


def test_the_oscillators_with_a_pull_of_their_own():
    compare(cell("unicornn", alpha=2.0), lambda *a: unicornn(*a, pull=2.0))


def test_a_liquid_network_with_the_memory_of_an_lstm():
    def mixed(w, b, x, h, c):
        memory, rest = ({k: w[k][part] for k in ("ih", "hh")} for part in PARTS)
        h, c = lstm(memory, b[:4], x, h, c)
        return *cfc(rest, b[4:], x, h), c

    compare(cell("cfc", mixed=True), mixed)
    torch.manual_seed(0)
    layer = elman.CfC(4, 6, mixed=True, timed=True, dtype=torch.float64)
    x = torch.rand(5, 2, 4, dtype=torch.float64)
    later = x + torch.eye(4, dtype=x.dtype)[-1]
    assert layer.weight_ih_l0.shape == (36, 4)
    assert (layer(x)[1][0] != layer(later)[1][0]).all()
    before = layer(x)[0]
    with torch.no_grad():
        layer.weight_ih_l0[:, -1] = 7.0  # no other gate sees the time
    assert (layer(x)[0] == before).all()


PARTS = slice(4), slice(4, None)


def test_steps_of_any_length():
    """The last column of x is the time, for the layer as for the equations."""

    def timed(w, b, x, h):
        return cfc(w, b, x, h, elapsed=w["ih"][1] @ x)

    compare(cell("cfc", timed=True), timed)
    torch.manual_seed(0)
    layer = elman.CfC(4, 6, timed=True, dtype=torch.float64)
    x = torch.rand(5, 1, 4, dtype=torch.float64)
    own = {k: v.detach().numpy() for k, v in layer.named_parameters()}
    w = {
        "ih": [np.c_[own["weight_ih_l0"][:6, :3], np.zeros(6)]],
        "hh": own["weight_hh_l0"].reshape(5, 6, 6),
    }
    h = np.zeros(6)
    for value in x[:, 0].numpy():
        (h,) = cfc(w, own["bias_l0"].reshape(5, 6), value, h, elapsed=value[-1])
    assert_close(layer(x)[1][0, 0], h, summands=30, steps=5)
    with pytest.raises(InputError, match="num_layers=1"):
        elman.CfC(4, 6, 2, timed=True)


def test_gates_that_shut_have_finite_gradients():
    torch.manual_seed(0)
    layer = elman.RGLRU(3, 4)
    with torch.no_grad():
        layer.bias_l0[:4] = -60.0  # r is 0, the decay exactly 1
    x = torch.randn(5, 2, 3, requires_grad=True)
    layer(x)[0].sum().backward()
    assert all(v.grad.isfinite().all() for v in (x, *layer.parameters()))
