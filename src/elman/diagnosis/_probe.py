"""Run a model once with its recurrent layers opened, and put everything back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import nn
from torch.nn.parameter import is_lazy

from elman._errors import InputError

from ._cells import knows
from ._lineage import Lineage
from ._preserve import preserved
from ._unroll import Track, unrolled, unrolled_cell


def recurrent(model: nn.Module) -> dict[str, nn.Module]:
    """Return a model's recurrent layers and cells by name.

    Raises
    ------
    InputError
        If there is none, or the model has never run and is still lazy.
    """
    layers = {n: m for n, m in model.named_modules() if knows(m)}
    if not layers:
        raise InputError(
            f"model: no recurrent layer in {type(model).__name__}; diagnose needs an "
            "RNN, GRU or LSTM of elman or torch.nn"
        )
    if any(is_lazy(p) for p in model.parameters()):
        raise InputError("model: has lazy parameters; run it once on the inputs first")
    return layers


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
        If there is no such layer, or the model has never run and is still lazy.
    """
    layers = recurrent(model)
    tracks: list[Track] = []
    lineages = {name: Lineage() for name in layers}

    def run(name: str, layer: nn.Module, *args: Any, **kwargs: Any) -> Any:
        sequence, old = lineages[name].place(_state_of(args, kwargs))
        here: list[Track] = []
        opener = unrolled_cell if isinstance(layer, nn.RNNCellBase) else unrolled
        result = opener(layer, name, here.append, *args, **_renamed(kwargs))  # type: ignore[arg-type]
        state = result if isinstance(layer, nn.RNNCellBase) else result[1]
        lineages[name].leave(sequence, state)
        for track in here:
            track.sequence = sequence
            _join(tracks, track, old)
        return result

    with preserved(model):
        for name, layer in layers.items():
            layer.__dict__["forward"] = partial(run, name, layer)
        yield tracks


def _state_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[1] if len(args) > 1 else kwargs.get("hx")


def _renamed(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Torch's layers call their first argument input."""
    return {"given" if k == "input" else k: v for k, v in kwargs.items()}


def _join(tracks: list[Track], new: Track, old: bool) -> None:
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
        tracks.append(new)
        return
    same[-1].x += new.x
    same[-1].states += new.states
    same[-1].gates += new.gates
    same[-1].lengths = same[-1].lengths + new.lengths
