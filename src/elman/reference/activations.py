"""Activations φ(a) and their derivatives φ'(a), element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Activation(NamedTuple):
    """An activation and its derivative, both functions of the pre-activation a."""

    value: Callable[[Array], Array]
    derivative: Callable[[Array], Array]


def sigmoid(a: Array) -> Array:
    """Return ``σ(a) = 1 / (1 + exp(−a))``, without overflow."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1.0, small) / (1.0 + small)


def relu(a: Array) -> Array:
    """Return ``max(a, 0)``."""
    return np.maximum(a, 0.0)


def softplus(a: Array) -> Array:
    """Return ``ln(1 + exp(a))``, without overflow."""
    return relu(a) + np.log1p(np.exp(-np.abs(a)))


def _sigmoid_derivative(a: Array) -> Array:
    return sigmoid(a) * (1.0 - sigmoid(a))


def _tanh_derivative(a: Array) -> Array:
    return 1.0 - np.tanh(a) ** 2


def _relu_derivative(a: Array) -> Array:
    return np.where(a > 0, 1.0, 0.0)  # 0 at the kink, as torch has it


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "tanh": Activation(np.tanh, _tanh_derivative),
        "relu": Activation(relu, _relu_derivative),
        "sigmoid": Activation(sigmoid, _sigmoid_derivative),
        "identity": Activation(np.array, np.ones_like),
        "softplus": Activation(softplus, sigmoid),
    }
)
"""Activations by the names `elman.RNN` takes."""
