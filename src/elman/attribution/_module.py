"""An nn.Module as a function of an input, with its gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from ._attribution import Array


class ModuleFunction:
    """What some of a module's outputs are, and their slopes, of NumPy inputs.

    The module is in evaluation mode while it runs, and left in the mode it was in;
    gradients that its parameters have are left alone.

    Parameters
    ----------
    module : nn.Module
    forward : callable
        From a tensor (n, T, C), of the module's type and on its device, to (n, K).
    """

    def __init__(self, module: nn.Module, forward: Callable[[Tensor], Tensor]) -> None:
        self.module = module
        self.forward = forward
        some = next(module.parameters(), None)
        self.device = torch.device("cpu") if some is None else some.device
        floating = some is not None and some.is_floating_point()
        self.dtype = some.dtype if some is not None and floating else torch.float32

    def __call__(self, inputs: Array) -> Array:
        """Return (n, K) for inputs (n, T, C)."""
        with _evaluating(self.module), torch.no_grad():
            return _numbers(self.forward(self._tensor(inputs)))

    def gradient(self, inputs: Array) -> tuple[Array, Array]:
        """Return outputs (n, K), and their gradients (n, K, T, C)."""
        with _evaluating(self.module), torch.enable_grad():
            values = self._tensor(inputs).requires_grad_()
            outputs = self.forward(values)
            slopes = []
            for k in range(outputs.shape[1]):
                more = k + 1 < outputs.shape[1]
                (slope,) = torch.autograd.grad(
                    outputs[:, k].sum(), values, retain_graph=more
                )
                slopes.append(_numbers(slope))
        return _numbers(outputs), np.stack(slopes, 1)

    def _tensor(self, inputs: Array) -> Tensor:
        # A copy: what comes in may be a view that is not to be written to.
        return torch.tensor(inputs, dtype=self.dtype, device=self.device)


def shuffled(module: nn.Module, seed: int = 0) -> nn.Module:
    """Return a copy whose parameters have the same numbers in chance places.

    Parameters
    ----------
    module : nn.Module
    seed : int
    """
    found = copy.deepcopy(module)
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for parameter in found.parameters():
            order = torch.from_numpy(rng.permutation(parameter.numel()))
            flat = parameter.reshape(-1)[order.to(parameter.device)]
            parameter.copy_(flat.view_as(parameter))
    return found


def likeness(one: Array, other: Array) -> float:
    """Return the rank correlation of the sizes of two maps; 0 if one is constant.

    Parameters
    ----------
    one, other : ndarray
        Of one shape.
    """
    sizes = [np.abs(values).ravel() for values in (one, other)]
    if any(values.min() == values.max() for values in sizes):
        return 0.0
    return float(spearmanr(*sizes).statistic)


def _numbers(values: Tensor) -> Array:
    return values.detach().to("cpu", torch.float64).numpy()


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Hold every part in evaluation mode, and give each its own mode back."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        # cuDNN has no backward pass of recurrent layers in evaluation mode.
        with torch.backends.cudnn.flags(enabled=False):
            yield
    finally:
        for part, training in modes.items():
            part.training = training
