"""The forward pass with the state cut from the graph every K steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from elman import ops

from ._cells import States, equations_of
from ._lineage import Lineage, tensors_of
from ._preserve import preserved
from ._probe import recurrent
from ._through import through

Calls = dict[str, list[tuple[int, int]]]
"""For each module the calls of one run: (sequence, steps)."""


@contextmanager
def watched(model: nn.Module) -> Iterator[Calls]:
    """Note which calls of a model's recurrent modules make one sequence."""
    layers = recurrent(model)
    calls: Calls = {name: [] for name in layers}
    lineages = {name: Lineage() for name in layers}

    def run(name: str, plain: Any, *args: Any, **kwargs: Any) -> Any:
        given, hx, lengths = _arguments(*args, **kwargs)
        sequence, _ = lineages[name].place(hx)
        layer = layers[name]
        if isinstance(layer, nn.RNNCellBase):
            steps, result = 1, plain(given, hx)
            state = result
        else:
            seen: list[int] = []
            result = _chunked(layer, [], given, hx, lengths, seen)
            steps, state = seen[0], result[1]
        calls[name].append((sequence, steps))
        lineages[name].leave(sequence, state)
        return result

    with preserved(model):
        for name, layer in layers.items():
            layer.__dict__["forward"] = partial(run, name, layer.forward)
        yield calls


@contextmanager
def truncated(model: nn.Module, calls: Calls, every: int, shift: int) -> Iterator[None]:
    """Cut the state of every recurrent module before some steps.

    Counted from the last step of each sequence, in the order each direction runs:
    with N its steps, before the steps N − shift − m·every, m = 0, 1, …, but not
    before the first.

    Parameters
    ----------
    calls : dict
        From `watched`, for the same inputs.
    every, shift : int
    """
    layers = recurrent(model)
    cuts = {name: iter(_cuts(of, every, shift)) for name, of in calls.items()}

    def run(name: str, plain: Any, *args: Any, **kwargs: Any) -> Any:
        given, hx, lengths = _arguments(*args, **kwargs)
        here = next(cuts[name])
        if here and here[0] == 0:
            hx = _detached(hx)
        layer = layers[name]
        if isinstance(layer, nn.RNNCellBase):
            return plain(given, hx)
        return _chunked(layer, here, given, hx, lengths, [])

    with preserved(model):
        for name, layer in layers.items():
            layer.__dict__["forward"] = partial(run, name, layer.forward)
        yield


def _cuts(calls: list[tuple[int, int]], every: int, shift: int) -> list[list[int]]:
    """For each call, the steps of its own before which the state is cut."""
    total: dict[int, int] = {}
    for sequence, steps in calls:
        total[sequence] = total.get(sequence, 0) + steps
    begun: dict[int, int] = {}
    cuts = []
    for sequence, steps in calls:
        first = begun.get(sequence, 0)
        begun[sequence] = first + steps
        offset = (total[sequence] - shift) % every
        at = range(first + (offset - first) % every, first + steps, every)
        cuts.append([t - first for t in at if t > 0])
    return cuts


def _chunked(
    layer: nn.Module, cuts: list[int], given: Any, hx: Any, lengths: Any, seen: Any
) -> Any:
    kind, variant = equations_of(layer)
    if kind == "gru":
        variant = f"reset_{variant}"
    elif kind == "lstm":
        variant = "projected" if layer.proj_size else "plain"

    def run(
        index: int, reverse: bool, x: Tensor, state: States, lengths: Tensor | None
    ) -> tuple[Tensor, States]:
        steps = len(x)
        seen.append(steps)
        weights = _weights(layer, index, reverse)
        at = [0, *(t for t in cuts if t), steps]
        parts = []
        for begin, end in pairwise(at):
            if begin:
                state = _detached(state)
            low, high = (steps - end, steps - begin) if reverse else (begin, end)
            own = None if lengths is None else (lengths - low).clamp(0, high - low)
            call = ops.Call(
                kind, variant, x[low:high], state, weights, own, reverse=reverse
            )
            y, state, _ = ops.run(call)
            parts.append(y)
        return torch.cat(parts[::-1] if reverse else parts), state

    return through(layer, run, given, hx, lengths)  # type: ignore[arg-type]


def _weights(layer: nn.Module, index: int, reverse: bool) -> ops.Weights:
    """Read weights by name, so that parametrisations stay in the graph."""
    suffix = f"_l{index}" + ("_reverse" if reverse else "")
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    return ops.Weights(*(getattr(layer, name + suffix, None) for name in names))  # type: ignore[arg-type]


def _detached(hx: Any) -> Any:
    states = tuple(s.detach() for s in tensors_of(hx))
    if isinstance(hx, (tuple, list)):
        return states
    return states[0] if states else hx


def _arguments(*args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
    """Return input, state and lengths of a call of a recurrent module."""
    given = args[0] if args else kwargs["input"]
    hx = args[1] if len(args) > 1 else kwargs.get("hx")
    return given, hx, kwargs.get("lengths")
