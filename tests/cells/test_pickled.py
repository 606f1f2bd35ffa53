"""A pickled cell computes what it did, whatever became of its class."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from elman import InputError
from elman.cells import Antisymmetric, Cell, Uniform, cell, names, sigmoid, tanh

X = torch.linspace(-1, 1, 24).reshape(4, 2, 3)


@dataclass(frozen=True)
class Ones:
    """A start that elman knows nothing of."""

    def draw(self, shape, hidden, source):
        return np.ones(shape)


class Leaky(Cell):
    dt = 0.1
    matrix = (1.0, 0.5)
    init = {"weight_hh": Ones()}  # noqa: RUF012
    limits = {"rate": (0.0, 1.0)}  # noqa: RUF012

    def step(self, x, h):
        rate = self.unit("rate", Uniform(0.1, 1.0))
        a = self.matrix[1] * tanh(self.linear("a", x, h))
        return h + self.dt * rate * (a - h)


def other_step(self, x, h):
    rate = self.unit("rate", Uniform(0.1, 1.0))
    return h + rate * sigmoid(self.linear("a", x, h))


def broken_step(self, x, h):
    return h & x


CHANGES = {
    "step": other_step,
    "a step that cannot be read": broken_step,
    "matrix": (1.0, 0.25),
    "limits": {"rate": (0.0, 0.5)},
    "parts": (("h",),),
    "transforms": {"weight_hh": Antisymmetric(0.1)},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_class_that_changed_is_told_and_the_saved_equations_run(what, monkeypatch):
    layer = Leaky.layer(3, 4)
    y, saved = layer(X)[0].detach(), pickle.dumps(layer)
    monkeypatch.setattr(Leaky, "step" if " " in what else what, CHANGES[what])
    with pytest.warns(UserWarning, match="Leaky: its class has other equations"):
        again = pickle.loads(saved)  # noqa: S301
    torch.testing.assert_close(again(X)[0], y, rtol=0, atol=0)
    assert again.cell.limits == {"rate": (0.0, 1.0)}
    twice = pickle.loads(pickle.dumps(again))  # noqa: S301
    torch.testing.assert_close(twice(X)[0], y, rtol=0, atol=0)


@pytest.mark.parametrize("options", [{}, {"dt": 0.3}])
def test_options_are_those_it_was_saved_with(options, monkeypatch):
    layer = Leaky.layer(3, 4, **options)
    y, saved = layer(X)[0].detach(), pickle.dumps(layer)
    monkeypatch.setattr(Leaky, "dt", 0.7)
    again = pickle.loads(saved)  # noqa: S301
    assert type(again.cell) is Leaky
    assert again.cell.dt == options.get("dt", 0.1)
    torch.testing.assert_close(again(X)[0], y, rtol=0, atol=0)


def test_an_unchanged_class_stays_the_class():
    layer = Leaky.layer(3, 4, dt=0.2)
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    for again in (torch.load(file, weights_only=False), copy.deepcopy(layer)):
        assert type(again.cell) is Leaky
        assert again.cell.written_options() == ["dt=0.2"]
        torch.testing.assert_close(again(X)[0], layer(X)[0], rtol=0, atol=0)
    assert pickle.loads(pickle.dumps(cell("slstm", heads=2))).heads == 2  # noqa: S301


@pytest.mark.parametrize("name", names())
def test_a_shipped_cell_stays_its_class(name):
    again = pickle.loads(pickle.dumps(cell(name)))  # noqa: S301
    assert type(again) is type(cell(name))


def test_a_class_that_is_gone_is_not_needed():
    class Local(Cell):
        def step(self, x, h):
            return tanh(self.linear("a", x, h))

    layer = Local.layer(3, 4)
    again = pickle.loads(pickle.dumps(layer))  # noqa: S301
    torch.testing.assert_close(again(X)[0], layer(X)[0], rtol=0, atol=0)
    assert again._get_name() == "Local"


def test_a_cell_without_equations_needs_its_class():
    class Broken(Cell):
        step = broken_step

    with pytest.raises(InputError, match="its equations were not saved"):
        pickle.loads(pickle.dumps(Broken()))  # noqa: S301


def test_a_cell_of_the_main_file_is_read_elsewhere(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import pickle, elman\n"
        "class Own(elman.Cell):\n"
        "    def step(self, x, h):\n"
        "        return elman.cells.tanh(self.linear('a', x, h))\n"
        "pickle.dump(Own(), open('own.pickle', 'wb'))\n"
    )
    subprocess.run([sys.executable, program], cwd=tmp_path, check=True)
    found = pickle.loads((tmp_path / "own.pickle").read_bytes())  # noqa: S301
    assert str(found.equations) == "h[t] = tanh(W_xa x[t] + W_ha h[t−1] + b_a)"
