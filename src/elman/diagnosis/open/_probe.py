"""Run a model once with its recurrent layers opened, and put everything back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from elman._errors import InputError
from elman.layers import is_one_step, is_recurrent, peculiarity
from elman.ops import NONLINEARITIES

from ._cells import knows
from ._lineage import Lineage
from ._preserve import preserved, unwrapped
from ._unroll import Track, unrolled, unrolled_cell

_F = TypeVar("_F", bound=Callable[..., Any])


def recurrent(model: nn.Module) -> dict[str, nn.Module]:
    """Return a model's recurrent layers and cells by name.

    Raises
    ------
    InputError
        If there is none, if one of them is of a class that may compute something
        else, or if the model has never run and is still lazy.
    """
    layers = {n: m for n, m in model.named_modules() if is_recurrent(m)}
    for name, layer in layers.items():
        if not knows(layer):
            raise InputError(_unknown(name, layer))
    if not layers:
        raise InputError(
            f"model: no recurrent layer in {type(model).__name__}; diagnose needs an "
            f"RNN, GRU or LSTM of elman or torch.nn{_scripted(model)}"
        )
    if any(is_lazy(t) for t in [*model.parameters(), *model.buffers()]):
        raise InputError("model: has lazy parameters; run it once on the inputs first")
    return layers


def _unknown(name: str, layer: nn.Module) -> str:
    """Say what of a layer cannot be examined, and what to do."""
    where = f"model.{name}" if name else "model"
    own = peculiarity(layer)
    if not own:
        kind = getattr(layer, "nonlinearity", "") or getattr(layer, "mode", "")
        return (
            f"{where}: nonlinearity {kind!r} is not known; the diagnosis knows "
            f"{', '.join(NONLINEARITIES)}"
        )
    return (
        f"{where}: {own}; what it computes cannot be examined step by step. Put what "
        "is added into a module around an RNN, GRU or LSTM of elman or torch.nn, or "
        "examine the model with such a layer in its place"
    )


def _scripted(model: nn.Module) -> str:
    if any(isinstance(m, torch.jit.ScriptModule) for m in model.modules()):
        return "; it is scripted: give the model that was before torch.jit"
    return ""


def left_alone(function: _F) -> _F:
    """Preserve the model, a function's first argument, all the while it runs.

    A hook that a copy shares with the model may change what belongs to the model.
    """

    @functools.wraps(function)
    def run(model: Any, *args: Any, **options: Any) -> Any:
        model = unwrapped(model)
        recurrent(model)  # says in one line what cannot be examined
        with preserved(model):
            return function(model, *args, **options)

    return run  # type: ignore[return-value]


@contextmanager
def opened(model: nn.Module) -> Iterator[list[Track]]:
    """Unroll every recurrent layer and cell of a model while the block runs.

    Each one's forward is replaced on the instance by `unrolled`, so that every
    state is a node of the autograd graph. On leaving, error or not, the model is
    as before: attributes, buffers, training flags and the random state; weights
    and their gradients are never touched.

    Parameters
    ----------
    model : Module
        With at least one RNN, GRU or LSTM, layer or cell, of elman or torch.nn, at
        any depth.

    Yields
    ------
    list of Track
        Filled as the model runs. Successive calls of one layer that hand the
        state on, as a decoder does step by step or a loop over a cell, make one
        track.

    Raises
    ------
    InputError
        As `recurrent`.
    """
    layers = recurrent(model)
    tracks: list[Track] = []
    lineages = {name: Lineage() for name in layers}

    def run(name: str, layer: nn.Module, *args: Any, **kwargs: Any) -> Any:
        here: list[Track] = []
        if is_one_step(layer):
            result = unrolled_cell(layer, name, here.append, *args, **_renamed(kwargs))
            state = result
        else:
            result = unrolled(layer, name, here.append, *args, **kwargs)  # type: ignore[arg-type]
            state = result[1]
        # A state carried over by the layer itself is no argument of the call.
        sequence, old = lineages[name].place([s for t in here for s in t.begun])
        given = args[0] if args else kwargs.get("input", kwargs.get("given"))
        fed = old and lineages[name].fed(sequence, given)
        lineages[name].leave(sequence, [state, [t.states[-1] for t in here]])
        for track in here:
            track.sequence = sequence
            _join(tracks, track, old, fed)
        return result

    with preserved(model):
        for name, layer in layers.items():
            layer.__dict__["forward"] = partial(run, name, layer)
        yield tracks


def _renamed(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Torch's layers call their first argument input."""
    return {"given" if k == "input" else k: v for k, v in kwargs.items()}


def _cut_from(tracks: list[Track], new: Track) -> Track | None:
    """Return the track whose last state a new one begins with, outside its graph.

    A row counts if all its values are the same, and not all zero; rows that were
    reset between the calls do not hide the others.
    """
    begun = new.begun[0].detach()
    for track in reversed(tracks):
        if (track.name, track.layer, track.reverse) != (
            new.name,
            new.layer,
            new.reverse,
        ):
            continue
        last = track.states[-1][0].detach() if track.states else None
        if last is None or last.shape != begun.shape or last.device != begun.device:
            continue
        same = (last == begun).all(-1) & (begun != 0).any(-1)
        if bool(same.any()):
            return track
    return None


def _join(tracks: list[Track], new: Track, old: bool, fed: bool) -> None:
    """Append a track, or lengthen the one that it goes on with."""
    key = (new.name, new.layer, new.reverse, new.sequence)
    same = [t for t in tracks if (t.name, t.layer, t.reverse, t.sequence) == key]
    joins = (
        old
        and same
        and not (new.reverse or new.ragged or same[-1].ragged)
        and new.start[0].shape == same[-1].start[0].shape
    )
    if not joins:
        if not old:
            new.before = _cut_from(tracks, new)
        tracks.append(new)
        return
    whole, first = same[-1], len(same[-1].states)
    begins = tuple(s.detach() for s in new.start)
    if not all(map(torch.equal, begins, whole.state_before(first))):
        whole.starts[first] = begins
    whole.starts |= {first + t: state for t, state in new.starts.items()}
    whole.fed = whole.fed or fed
    whole.x += new.x
    whole.states += new.states
    whole.gates += new.gates
    whole.stays += new.stays
    whole.cells += new.cells
    whole.lengths = whole.lengths + new.lengths
