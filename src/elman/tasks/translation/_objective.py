"""What training makes small: the surprise at each token, smoothed while learning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from elman.models import translation as net
from elman.training import Value


@dataclass(frozen=True)
class Smoothed:
    """The loss of a translation, with smoothed labels in training alone.

    Parameters
    ----------
    smoothing : float
    """

    smoothing: float

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of scores as training has it."""
        return net.translation_loss(output, target, self.smoothing)

    def value(
        self, module: Callable[..., Any], inputs: tuple[Any, ...], target: Any, /
    ) -> Value:
        """Return the mean over the tokens that are not padding, and their number."""
        smoothing = self.smoothing if getattr(module, "training", False) else 0.0
        loss = module(*inputs, target, smoothing)
        return Value(loss, float((target != net.PAD).sum()))
