"""Gaussian noise on the weights while a gradient is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class WeightNoise:
    r"""Take each gradient at weights that are a little off.

    .. math:: g = \nabla L(\theta + \sigma\epsilon), \qquad \epsilon \sim N(0, 1)

    The step is then taken from the clean weights. It regularises recurrent
    networks by preferring wide minima (Graves 2011, "Practical variational
    inference for neural networks"; as used in arXiv:1308.0850). Vectors such as
    biases stay clean. The noise comes from torch's global generator.

    Parameters
    ----------
    module : nn.Module
    deviation : float
        σ, such as 0.075.
    """

    def __init__(self, module: nn.Module, deviation: float) -> None:
        self.matrices = [p for p in module.parameters() if p.ndim > 1]
        self.deviation = deviation

    @contextmanager
    def during(self) -> Iterator[None]:
        """Disturb the weights until the block ends, then restore every bit."""
        trained = [p for p in self.matrices if p.requires_grad]
        clean = [p.detach().clone() for p in trained]
        with torch.no_grad():
            for parameter in trained:
                parameter.add_(torch.randn_like(parameter), alpha=self.deviation)
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, before in zip(trained, clean, strict=True):
                    parameter.copy_(before)
