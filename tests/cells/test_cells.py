"""The registry, how parameters start, gates by name, and equations as mathematics."""

from __future__ import annotations

import numpy as np
import pytest

from elman.cells import (
    Cell,
    Orthogonal,
    cell,
    find,
    initial,
    names,
    register,
    shapes,
    sigmoid,
    tanh,
)
from elman.cells import _registry as registry

RNG = np.random.default_rng(0)


class JANET(Cell):
    """Ten lines of a user."""

    states = ("h",)

    def step(self, x, h):
        f = sigmoid(self.linear("f", x, h))
        g = tanh(self.linear("g", x, h))
        return f * h + (1 - f) * g


GATES = {
    "rnn": [],
    "gru": ["r", "z", "n"],
    "gru_reset_before": ["r", "z", "n"],
    "lstm": ["i", "f", "g", "o"],
    "peephole_lstm": ["i", "f", "g", "o"],
    "coupled_lstm": ["f", "g", "o"],
    "layer_norm_lstm": ["i", "f", "g", "o"],
    "layer_norm_gru": ["r", "z", "n"],
    "janet": ["f", "g"],
    "mingru": ["z", "n"],
    "indrnn": [],
    "lru": ["u", "v"],
    "cornn": ["a"],
    "slstm": ["i", "f", "z", "o"],
    "mgu": ["f", "n"],
    "ligru": ["z", "n"],
    "fastgrnn": ["a", "z", "n"],
    "rhn": ["t1", "n1", "t2", "n2", "t3", "n3"],
    "sru": ["f", "r", "n", "p"],
    "minlstm": ["f", "i", "n"],
    "rglru": ["r", "i", "a", "v"],
    "hgrn": ["f", "n", "o"],
    "linoss": ["u"],
    "paragru": ["z", "r", "n"],
    "paralstm": ["f", "n", "o"],
    "lem": ["p", "q"],
    "unicornn": ["a"],
    "antisymmetric": ["s", "a", "z"],
    "orthogonal": [],
    "cfc": ["b", "a", "s", "f", "g"],
}


def test_every_cell_is_listed():
    assert set(GATES) == set(names())


@pytest.mark.parametrize("name", GATES)
def test_gates_have_the_names_of_the_article(name):
    assert sorted(cell(name).traced.values) == sorted(GATES[name])


@pytest.mark.parametrize("name", GATES)
def test_cells_say_where_they_are_from_and_what_for(name):
    assert find(name).source
    assert find(name).use.endswith(".")
    assert find(name).__doc__


@pytest.mark.parametrize("name", GATES)
def test_parameters_start_as_the_cell_says(name):
    found = cell(name)
    start = initial(found, 3, 8, np.random.default_rng(1).random)
    assert {k: v.shape for k, v in start.items()} == shapes(found.traced, 3, 8)
    assert all(np.isfinite(v).all() for v in start.values())
    again = initial(found, 3, 8, np.random.default_rng(1).random)
    for key, value in start.items():
        np.testing.assert_array_equal(value, again[key])
        low, high = found.limits.get(key, (-np.inf, np.inf))
        assert (low <= value).all()
        assert (value <= high).all()


def test_starts_of_single_cells():
    def start(name, **options):
        return initial(cell(name, **options), 4, 64, np.random.default_rng(2).random)

    bias = start("coupled_lstm")["bias"]
    np.testing.assert_array_equal(bias, np.repeat([1.0, 0.0, 0.0], 64))
    kept = start("janet", longest=100)["bias"][:64]
    assert 0 <= kept.min() < kept.max() <= np.log(99)
    size = np.exp(-np.exp(start("lru", smallest=0.8, largest=0.95)["nu"]))
    assert 0.8 <= size.min() < size.max() <= 0.95
    assert (start("indrnn")["u"] >= 0).all()
    assert cell("indrnn", longest=10).limits == {"u": (-(2**0.1), 2**0.1)}
    assert np.abs(start("lstm")["weight_ih"]).max() <= 1 / 8
    power = start("slstm")["bias"][64:128]
    assert (power[0], power[-1]) == (3.0, 6.0)


def test_orthogonal_blocks():
    found = Orthogonal(2.0).draw((12, 4), 4, RNG.random)
    for k in range(0, 12, 4):
        block = found[k : k + 4]
        np.testing.assert_allclose(block @ block.T, 4 * np.eye(4), atol=1e-12)


def test_init_by_gate_beats_init_by_parameter():
    class Own(JANET):
        init = {"weight_hh": 0.5, "weight_hh.g": 0.25, "bias.f": 3.0}  # noqa: RUF012

    start = initial(Own(), 2, 3, RNG.random)
    np.testing.assert_array_equal(start["weight_hh"][:3], 0.5)
    np.testing.assert_array_equal(start["weight_hh"][3:], 0.25)
    np.testing.assert_array_equal(start["bias"][:3], 3.0)
    assert start["bias"][3:].max() < 3.0


def test_a_users_cell_is_found_by_its_name(monkeypatch):
    monkeypatch.setattr(registry, "_CELLS", dict(registry._CELLS))
    register(JANET, "my_janet")
    assert find("my_janet") is JANET
    assert "my_janet" in names()
    # A notebook's cell that is run again defines the class again.
    again = type("JANET", (Cell,), dict(vars(JANET)))
    register(again, "my_janet")
    assert find("my_janet") is again


def test_options_are_the_classs():
    assert cell("rnn", nonlinearity="relu").chosen()["nonlinearity"] == "relu"
    assert cell("cornn", dt=1).chosen()["dt"] == 1
    assert find("cornn").options() == {
        "heads": 1,
        "dt": 0.4,
        "gamma": 1.0,
        "epsilon": 2.3,
    }


def test_programs_are_lowered_once():
    found = cell("gru")
    assert found.lowered(trace=True) is found.lowered(trace=True)
    assert found.lowered(zoneout=(0.1,)) is not found.lowered(zoneout=(0.2,))


def test_equations_read_as_written():
    assert str(JANET().equations).splitlines() == [
        "f[t] = σ(W_xf x[t] + W_hf h[t−1] + b_f)",
        "g[t] = tanh(W_xg x[t] + W_hg h[t−1] + b_g)",
        "h[t] = f[t] ∘ h[t−1] + (1 − f[t]) ∘ g[t]",
    ]
    assert str(cell("cornn").equations).splitlines() == [
        "a[t] = tanh(W_xa x[t] + W_ha h[t−1] + W_za z[t−1] + b_a)",
        "z[t] = z[t−1] + 0.4 (a[t] − h[t−1] − 2.3 z[t−1])",
        "h[t] = h[t−1] + 0.4 z[t]",
    ]


@pytest.mark.parametrize("name", GATES)
def test_equations_as_latex(name):
    found = cell(name).equations
    assert found.latex.count("{") == found.latex.count("}")
    assert found.latex.count("&=") == len(found.lines)
    states = [f"{state}[t]" for state in cell(name).states]
    assert {left for left, _ in found.lines} >= set(states)


def test_latex_of_a_gate():
    assert r"f_{t} &= \sigma\left(W_{xf} x_{t} + W_{hf} h_{t-1} + b_{f}\right)" in (
        JANET().equations.latex
    )


def test_a_cell_shows_its_name_and_the_options_that_are_not_its_defaults():
    assert repr(registry.cell("janet")) == "JANET()"
    assert repr(registry.cell("rnn", nonlinearity="relu")) == "RNN(nonlinearity='relu')"
