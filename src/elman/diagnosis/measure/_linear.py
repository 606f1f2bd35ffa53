"""Whether what a model computes is linear in its inputs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from elman import cells
from elman.diagnosis.open._call_model import Forward, call
from elman.diagnosis.open._cells import is_layer
from elman.diagnosis.open._preserve import preserved
from elman.layers import equations_of


def bend(model: nn.Module, inputs: Any, forward: Forward | None = None) -> float:
    """Return how far a model is from linear on a batch.

    ‖f((a + b) / 2) − (f(a) + f(b)) / 2‖ over ‖f(a) − f(b)‖ / 2, with a the batch and b
    the same backwards; infinite where that cannot be asked, or every recurrent layer
    is nonlinear by its equations.

    Parameters
    ----------
    model : Module
        Left as it is.
    inputs : Any
    forward : callable, optional
    """
    found = [m for m in model.modules() if is_layer(m)]
    if not any(cells.affine(equations_of(m).traced) for m in found):
        return float("inf")
    if not isinstance(inputs, Tensor) or inputs.is_nested or len(inputs) < 2:
        return float("inf")
    if not inputs.is_floating_point():
        return float("inf")
    a, b = inputs, inputs.flip(0)
    with preserved(model), torch.no_grad():
        model.eval()
        try:
            outputs = [call(model, x, forward) for x in (a, b, 0.5 * (a + b))]
        except (RuntimeError, ValueError, TypeError):
            return float("inf")
    if not all(isinstance(y, Tensor) for y in outputs):
        return float("inf")
    first, second, middle = (y.double() for y in outputs)
    apart = float((first - second).norm()) / 2
    return float((middle - (first + second) / 2).norm()) / apart if apart else 0.0
