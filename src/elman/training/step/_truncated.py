"""Truncated backpropagation through time: one update a chunk of the streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from elman._errors import InputError
from elman.training._settings import TrainingSettings
from elman.training.data._order import Order
from elman.training.data._streams import Layout, Streams

from ._carried import State, detached
from ._step import Part, Step
from ._window import run_window


class Carried:
    """The state at the beginning of the next window, part of every checkpoint."""

    def __init__(self) -> None:
        self.state: State = None

    def state_dict(self) -> dict[str, Any]:
        """Return the carried state."""
        return {"state": self.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.state = state["state"]


class TruncatedStep(Step):
    """Train on one chunk, its state carried over from the one before.

    A window is a chunk and the ``lead`` steps before it. It starts from the state
    there, cut from the graph, and runs through without another cut; the loss is
    that of the chunk's steps.

    Parameters
    ----------
    module : nn.Module
        Called as ``module(*inputs, state)``; returns ``(output, state)``.
    loss : callable
    streams : Streams
    settings : TrainingSettings
    order : Order
        A `StreamOrder`.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[Any, Any], Tensor],
        streams: Streams,
        settings: TrainingSettings,
        order: Order,
    ) -> None:
        if settings.accumulate > 1:
            raise InputError(
                "accumulate does not combine with streams; use fewer rows instead"
            )
        super().__init__(module, loss, streams, settings, order)
        self.streams = streams
        self.carried = Carried()
        self._next: State = None
        # The layout of the latest epoch: a cache, not a memory.
        self._layout: tuple[int, Layout] | None = None

    def parts(self) -> dict[str, Part]:
        """Return everything in here that remembers something, by name."""
        return {**super().parts(), "carried": self.carried}

    def begin_epoch(self, epoch: int) -> None:
        """Forget the state: every epoch begins at the streams' start."""
        self.carried.state = None

    def _backward(self, batch: Tensor) -> float:
        epoch, start, stop = batch.tolist()
        if self._layout is None or self._layout[0] != epoch:
            layout = self.streams.layout(self.settings.seed, epoch)
            self._layout = epoch, layout
        lead = self.streams.lead
        with self.precision.autocast():
            outputs, states = run_window(
                self.module,
                self.streams,
                self._layout[1],
                self.carried.state,
                [max(0, start - lead), max(0, stop - lead), start, stop],
            )
            output, target = outputs(start, stop)
            loss = self.loss(output, target)
        self._next = detached(states[max(0, stop - lead)])
        self.precision.backward(loss)
        return loss.item()

    def _update(self, batch: Tensor) -> None:
        _, start, stop = batch.tolist()
        groups = self.optimizer.param_groups
        rates = [group["lr"] for group in groups]
        if self.streams.random_lengths:
            for group, rate in zip(groups, rates, strict=True):
                group["lr"] = rate * (stop - start) / self.streams.steps
        super()._update(batch)
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate
        self.carried.state = self._next

    def _weight(self, batch: Tensor) -> float:
        _, start, stop = batch.tolist()
        return float(stop - start)
