"""∂L/∂h_t of one ordinary training step, layer by layer, at the layers' own speed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from elman.diagnosis.open._lineage import Lineage, tensors_of
from elman.layers import accelerate, is_one_step, name_of, restore
from elman.ops import StepGradients, record_step_gradients

from ._lag_bins import by_lag

Array = NDArray[np.float64]


@dataclass
class _Module:
    """One recurrent module and what its calls leave behind."""

    name: str
    module: nn.Module
    lineage: Lineage = field(default_factory=Lineage)
    begun: int = 0
    sequence: int = 0
    calls: dict[int, list[list[StepGradients]]] = field(default_factory=dict)


class Following:
    """Everything that is noted during one forward pass, until its backward is done.

    Torch's layers run on Elman's operators for this one pass; the equations are the
    same, and so are the numbers to within rounding.
    """

    def __init__(self, layers: dict[str, nn.Module]) -> None:
        self._modules = {n: _Module(n, m) for n, m in layers.items()}
        self._stack = contextlib.ExitStack()
        self._record: list[StepGradients] = []
        self.longest = 0

    def begin(self) -> None:
        """Start to note."""
        self._record = self._stack.enter_context(record_step_gradients())
        for name, of in self._modules.items():
            if not name:  # the model itself: its call has begun already
                continue
            if as_elman(of.module):
                self._stack.callback(restore, of.module)
            for handle in (
                of.module.register_forward_pre_hook(
                    partial(self.enters, name), prepend=True, with_kwargs=True
                ),
                of.module.register_forward_hook(partial(self.leaves, name)),
            ):
                self._stack.callback(handle.remove)

    def end(self) -> None:
        """Stop, error or not; the gradients may still come."""
        self._stack.close()
        for of in self._modules.values():
            of.lineage = Lineage()  # it holds on to the graph

    def enters(self, name: str, module: nn.Module, args: Any, kwargs: Any) -> None:
        """Note that a module's call begins (a forward pre-hook)."""
        of = self._modules[name]
        hx = args[1] if len(args) > 1 else kwargs.get("hx")
        of.begun = len(self._record)
        of.sequence, _ = of.lineage.place(hx)

    def leaves(self, name: str, module: nn.Module, args: Any, output: Any) -> None:
        """Note what a module's call has left (a forward hook)."""
        of = self._modules[name]
        cell = is_one_step(module)
        state = output if cell else output[1]
        of.lineage.leave(of.sequence, state)
        entries = self._record[of.begun :]
        if cell:
            h = tensors_of(state)[0]
            kind, variant = name_of(module)
            rows = len(h) if h.dim() == 2 else 1
            entries = [StepGradients(kind, variant, False, "cell", (1, rows))]
            entries[0].watch(0, h)
        of.calls.setdefault(of.sequence, []).append(entries)

    @property
    def arrived(self) -> bool:
        """Whether any gradient has come back yet."""
        return any(
            entry.norms is not None
            for of in self._modules.values()
            for calls in of.calls.values()
            for call in calls
            for entry in call
        )

    def profiles(self) -> dict[str, Array]:
        """Return the mean norm in each bin of lags, by layer and direction.

        Of several sequences through one layer, the longest, the first of equals.
        """
        found: dict[str, Array] = {}
        with torch.no_grad():
            for of in self._modules.values():
                best: dict[int, tuple[Array, NDArray[np.int64]]] = {}
                for calls in of.calls.values():
                    for place, sequence in enumerate(zip(*calls, strict=False)):
                        joined = _joined(list(sequence))
                        old = best.get(place)
                        if old is None or len(joined[0]) > len(old[0]):
                            best[place] = joined
                for place, (norms, lengths) in best.items():
                    found[_title(of, place)] = by_lag(norms, lengths)
                    self.longest = max(self.longest, int(lengths.max(initial=0)))
        return found


def as_elman(module: nn.Module) -> bool:
    """Turn one of torch's layers into Elman's, and return whether it was one."""
    return isinstance(module, nn.RNNBase) and bool(accelerate(module).swapped)


def _joined(entries: list[StepGradients]) -> tuple[Array, NDArray[np.int64]]:
    """Return the norms of calls that go on with each other, and the rows' lengths."""
    if entries[0].reverse or any(e.lengths is not None for e in entries):
        entries = entries[:1]  # such calls are sequences of their own
    parts = [_norms(e).numpy() for e in entries]
    values = (np.concatenate(parts) if len(parts) > 1 else parts[0]).astype(np.float64)
    steps, rows = values.shape
    lengths = np.full(rows, steps)
    if entries[0].lengths is not None:
        lengths = entries[0].lengths.cpu().numpy()
    if entries[0].reverse:  # the last step of its own order is the first in time
        time = lengths - 1 - np.arange(steps)[:, None]
        values = np.take_along_axis(values, np.maximum(time, 0), 0)
    return values, lengths


def _norms(entry: StepGradients) -> Tensor:
    if entry.norms is None:
        return torch.zeros(entry.shape)
    norms = entry.norms.cpu()
    return norms if norms.dtype in (torch.float32, torch.float64) else norms.double()


def _title(of: _Module, place: int) -> str:
    two = bool(getattr(of.module, "bidirectional", False))
    layer, side = divmod(place, 2) if two else (place, 0)
    title = of.name or "model"
    return title + (f" layer {layer}" if layer else "") + (" reverse" if side else "")
