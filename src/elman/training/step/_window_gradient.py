"""Truncated backpropagation through time: the gradient of one chunk of streams."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from elman._errors import InputError
from elman.training.data._streams import Layout, Streams

from ._carried import State, detached
from ._contract import Part
from ._gradient import Seen, Setup
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


class WindowGradient:
    """The gradient of one chunk, its state carried over from the one before.

    A window is a chunk and the ``lead`` steps before it. It starts from the state
    there, cut from the graph, and runs through without another cut; the loss is
    that of the chunk's steps. The objective sees the inputs of the window and the
    target of the chunk.

    Parameters
    ----------
    setup : Setup
        Its module is called as ``module(*inputs, state)``; returns
        ``(output, state)``.

    Raises
    ------
    InputError
        Batches in parts, or several processes.
    """

    def __init__(self, setup: Setup) -> None:
        if setup.settings.accumulate > 1:
            raise InputError(
                "accumulate does not combine with streams; use fewer rows instead"
            )
        if setup.processes.size > 1:
            raise InputError(
                "streams are trained by one process, and this run has"
                f" {setup.processes.size}; start it without torchrun"
            )
        self.setup = setup
        self.streams: Streams = setup.examples
        self.carried = Carried()
        self._next: State = None
        # The layout of the latest epoch: a cache, not a memory.
        self._layout: tuple[int, Layout] | None = None

    def parts(self) -> dict[str, Part]:
        """Return the carried state."""
        return {"carried": self.carried}

    def begin_epoch(self, epoch: int) -> None:
        """Forget the state: every epoch begins at the streams' start."""
        self.carried.state = None

    def taken(self) -> None:
        """Go on from the state after this chunk."""
        self.carried.state = self._next

    def data(self, batch: Tensor) -> tuple[Any, Any]:
        """Return nothing: without its state a chunk is not what was seen."""
        return None, None

    def add(self, batch: Tensor) -> Seen:
        """Leave the gradient of the chunk's mean loss in the parameters."""
        epoch, start, stop = batch.tolist()
        streams, precision = self.streams, self.setup.precision
        low, after = max(0, start - streams.lead), max(0, stop - streams.lead)
        if self._layout is None or self._layout[0] != epoch:
            self._layout = epoch, streams.layout(self.setup.settings.seed, epoch)
        layout, state = self._layout[1], self.carried.state
        states: dict[int, State] = {}

        def run(*inputs: Any) -> Any:
            cuts = [low, after, start, stop]
            outputs, found = run_window(
                self.setup.module, streams, layout, state, cuts, inputs
            )
            states.update(found)
            return outputs(start, stop)

        inputs, target = streams.window(layout, low, stop)
        time = 1 if streams.batch_first else 0
        target = target.narrow(time, start - low, stop - start)
        with precision.autocast():
            mean, weight = self.setup.objective.value(run, inputs, target)
        self._next = detached(states[after])
        precision.backward(mean)
        steps = stop - start
        rate = steps / streams.steps if streams.random_lengths else 1.0
        return Seen(mean.item(), float(steps) if weight is None else weight, rate)
