"""What a cell's class says wrongly is one line with the attribute and what it takes."""

import numpy as np
import pytest

import elman
from elman import InputError
from elman.cells import Orthogonal, normalise, tanh


def made(**attributes):
    class Own(elman.Cell):
        dt = 0.1

        def step(self, x, h):
            return h + self.dt * self.unit("rate", 1.0) * tanh(self.linear("a", x, h))

    return type("Own", (Own,), attributes)


NAN = float("nan")


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"dt": NAN}, "dt must be a number, got nan"),
        ({"states": ("x",)}, "'x' cannot name a state"),
        ({"states": (1,)}, "1 cannot name a state"),
        ({"init": {"bias": "ones"}}, r"init\['bias'\] must be a number or"),
        ({"init": {"bias": NAN}}, r"init\['bias'\] must be a number or"),
        ({"init": [1]}, "init must be a mapping"),
        ({"init": {"bias": Orthogonal()}}, "Orthogonal is for matrices"),
        ({"limits": {"rate": (1, 0)}}, "two numbers, the lower first"),
        ({"limits": {"rate": (NAN, 1)}}, "two numbers, the lower first"),
        ({"limits": {"rate": 1}}, "two numbers, the lower first"),
        ({"limits": {"rat": (0, 1)}}, "did you mean 'rate'"),
        ({"limits": [1]}, "limits must be a mapping"),
    ],
)
def test_a_wrong_class_is_one_line(attributes, message):
    with pytest.raises(InputError, match=message):
        made(**attributes).layer(2, 3)


def test_an_unknown_option_of_a_layer_is_named():
    for make in (made().layer, made().one_step):
        with pytest.raises(InputError, match="no option 'dtt'; did you mean 'dt'"):
            make(2, 3, dtt=0.2)
    with pytest.raises(TypeError, match="did you mean 'num_layers'"):
        made().layer(2, 3, num_layer=2)


def test_an_option_that_is_not_a_number_is_refused():
    with pytest.raises(InputError, match="dt must be a number, got nan"):
        made().layer(2, 3, dt=NAN)


def test_a_line_in_a_library_is_not_blamed():
    class Reduced(elman.Cell):
        def step(self, x, h):
            return tanh(self.linear("a", x, h)) + np.mean(normalise(x))

    with pytest.raises(InputError, match=r"test_class_checks.py, line \d+, in step"):
        Reduced.layer(2, 3)


def test_nan_in_a_step_is_refused_by_its_line():
    class Lost(elman.Cell):
        def step(self, x, h):
            return tanh(self.linear("a", x, h)) + NAN * h

    with pytest.raises(InputError, match=r"in step .*a number of the step is nan"):
        Lost.layer(2, 3)
