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
from elman.diagnosis.open._lineage import Lineage, tensors_of
from elman.diagnosis.open._preserve import preserved
from elman.diagnosis.open._probe import recurrent
from elman.diagnosis.open._through import through
from elman.layers import is_one_step

Calls = dict[str, list[tuple[int, int]]]
"""For each module the calls of one run: (sequence, steps)."""


@contextmanager
def watched(model: nn.Module) -> Iterator[Calls]:
    """Note which calls of a model's recurrent modules make one sequence."""
    layers = recurrent(model)
    calls: Calls = {name: [] for name in layers}
    lineages = {name: Lineage() for name in layers}

    def run(name: str, plain: Any, *args: Any, **kwargs: Any) -> Any:
        layer = layers[name]
        begun: list[Tensor] = []
        ended: list[Tensor] = []
        if is_one_step(layer):
            steps, result = 1, plain(*args, **kwargs)
            begun += tensors_of(_state_of(args, kwargs))
            state = result
        else:
            seen: list[int] = []

            def note(call: ops.Call) -> ops.Result:
                seen.append(len(call.x))
                begun.extend(call.state)
                found = _chunked(call, [])
                ended.extend(found.state)
                return found

            result = through(layer, note, *args, **kwargs)
            steps, state = seen[0], result[1]
        sequence, _ = lineages[name].place(begun)
        calls[name].append((sequence, steps))
        lineages[name].leave(sequence, [state, ended])
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
        here = next(cuts[name])
        layer = layers[name]
        if not is_one_step(layer):
            return through(layer, lambda call: _chunked(call, here), *args, **kwargs)
        if here and here[0] == 0 and len(args) > 1:
            args = (args[0], _detached(args[1]), *args[2:])
        elif here and here[0] == 0 and "hx" in kwargs:
            kwargs = {**kwargs, "hx": _detached(kwargs["hx"])}
        return plain(*args, **kwargs)

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


def _chunked(call: ops.Call, cuts: list[int]) -> ops.Result:
    """Run a call with its state cut from the graph before some steps."""
    steps, state, parts = len(call.x), call.state, []
    if cuts and cuts[0] == 0:
        state = _detached(state)
    with ops.run_instead(lambda _: None):  # these calls are the operator's own
        for begin, end in pairwise([0, *(t for t in cuts if t), steps]):
            if begin:
                state = _detached(state)
            low, high = (steps - end, steps - begin) if call.reverse else (begin, end)
            own = call.lengths
            result = ops.run(
                call._replace(
                    x=call.x[low:high],
                    state=state,
                    lengths=None if own is None else (own - low).clamp(0, high - low),
                    noise=_some(call.noise, low, high),
                )
            )
            state = result.state
            parts.append(result.y)
    return ops.Result(torch.cat(parts[::-1] if call.reverse else parts), state, {})


def _some(noise: ops.Noise | None, low: int, high: int) -> ops.Noise | None:
    """Return what is held back in some of the steps."""
    if noise is None:
        return None
    stays = (s[low:high] if isinstance(s, Tensor) else s for s in noise.stays)
    return noise._replace(stays=tuple(stays))


def _detached(hx: Any) -> Any:
    states = tuple(s.detach() for s in tensors_of(hx))
    if isinstance(hx, (tuple, list)):
        return states
    return states[0] if states else hx


def _state_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[1] if len(args) > 1 else kwargs.get("hx")
