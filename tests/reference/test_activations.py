"""Activations: known values, derivatives, no overflow."""

import numpy as np
import pytest
import torch

from elman.ops import NONLINEARITIES
from elman.reference.activations import ACTIVATIONS
from tolerance import FINITE_DIFFERENCE_STEP, finite_difference_tolerance, tolerance

A = np.array([-700.0, -30.0, -2.0, -0.5, 0.25, 1.0, 25.0, 700.0])


def test_the_reference_and_the_operators_know_the_same_names():
    assert list(ACTIVATIONS) == list(NONLINEARITIES)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_agrees_with_the_operators(name):
    value = ACTIVATIONS[name].value(A)
    other = NONLINEARITIES[name](torch.from_numpy(A)).numpy()
    assert np.all(np.abs(value - other) <= tolerance(A.dtype, 1) * np.abs(value))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_is_the_slope(name):
    value, derivative = ACTIVATIONS[name]
    step = FINITE_DIFFERENCE_STEP
    a = A[np.abs(A) < 10]
    slope = (value(a + step) - value(a - step)) / (2 * step)
    assert np.abs(derivative(a) - slope).max() <= finite_difference_tolerance(1.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_stays_nan(name):
    assert np.isnan(ACTIVATIONS[name].value(np.array([np.nan]))).all()


def test_known_values():
    a = np.array([0.0])
    values = {name: float(f.value(a)[0]) for name, f in ACTIVATIONS.items()}
    assert values == {
        "tanh": 0.0,
        "relu": 0.0,
        "sigmoid": 0.5,
        "identity": 0.0,
        "softplus": np.log(2.0),
    }
    assert ACTIVATIONS["relu"].derivative(a)[0] == 0.0
