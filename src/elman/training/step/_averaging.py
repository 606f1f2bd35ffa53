"""Weights averaged over the run: they generalise better than the last ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

Averaging = Literal["ema", "swa"]


class Average:
    r"""A second set of weights that follows the trained ones.

    ``ema`` moves after every step,

    .. math:: \bar\theta \leftarrow d_n \bar\theta + (1 - d_n) \theta,
        \qquad d_n = \min(d, (1 + n) / (10 + n)),

    so that the start is forgotten soon. ``swa`` is the plain mean of the weights
    at the ends of epochs from a share of the run on (Izmailov et al. 2018,
    arXiv:1803.05407). Buffers are those of the last step.

    Parameters
    ----------
    module : nn.Module
        Its floating-point parameters are averaged.
    kind : {"ema", "swa"}
    decay : float
        d, of ``ema``.
    start : float
        Share of the run after which ``swa`` begins.
    """

    def __init__(
        self,
        module: nn.Module,
        kind: Averaging,
        decay: float = 0.999,
        start: float = 0.75,
    ) -> None:
        self.module = module
        self.kind = kind
        self.decay = decay
        self.start = start
        self.count = 0
        self._trained: dict[str, Tensor] = {}
        self.weights = {
            name: parameter.detach().clone() for name, parameter in self._present()
        }

    @torch.no_grad()
    def after_step(self) -> None:
        """Follow the weights by one optimiser step."""
        if self.kind != "ema":
            return
        share = min(self.decay, (1 + self.count) / (10 + self.count))
        self.count += 1
        names, parameters = zip(*self._present(), strict=True)
        means = [self.weights[name] for name in names]
        torch._foreach_lerp_(means, parameters, 1 - share)

    @torch.no_grad()
    def after_epoch(self, progress: float) -> None:
        """Take an epoch's last weights into the mean.

        Parameters
        ----------
        progress : float
            Share of the run that is done.
        """
        if self.kind != "swa" or progress <= self.start:
            return
        self.count += 1
        for name, parameter in self._present():
            self.weights[name].lerp_(parameter, 1 / self.count)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Lend the averaged weights to the module, if there are any yet."""
        if not self.count:
            yield
            return
        self._trained = {name: p.detach().clone() for name, p in self._present()}
        self._write(self.weights)
        try:
            yield
        finally:
            self._write(self._trained)
            self._trained = {}

    def trained(self) -> dict[str, Tensor]:
        """Return the module's own weights while it has borrowed others, or none."""
        names = self.module.named_parameters(remove_duplicate=False)
        first = {id(p): name for name, p in self.module.named_parameters()}
        return {
            name: self._trained[first[id(p)]]
            for name, p in names
            if first[id(p)] in self._trained
        }

    def state_dict(self) -> dict[str, Any]:
        """Return the averaged weights and how many went into them."""
        return {"count": self.count, "weights": dict(self.weights)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.count = int(state["count"])
        for name, tensor in self.weights.items():
            tensor.copy_(state["weights"][name])

    @torch.no_grad()
    def _write(self, weights: dict[str, Tensor]) -> None:
        for name, parameter in self._present():
            parameter.copy_(weights[name])

    def _present(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self.module.named_parameters():
            if parameter.is_floating_point():
                yield name, parameter
