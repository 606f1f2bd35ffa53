"""Run a model once with its recurrent layers opened, and put everything back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from elman._errors import InputError

from ._cells import knows
from ._unroll import Track, unrolled


@contextmanager
def opened(model: nn.Module) -> Iterator[list[Track]]:
    """Unroll every recurrent layer of a model while the block runs.

    Each layer's forward is replaced on the instance by `unrolled`, so that every
    state is a node of the autograd graph. On leaving, error or not, the model is
    as before: attributes, buffers, training flags and the random state; weights
    and their gradients are never touched.

    Parameters
    ----------
    model : Module
        With at least one RNN, GRU or LSTM, of elman or torch.nn, at any depth.

    Yields
    ------
    list of Track
        Filled as the model runs. Successive calls of one layer that hand the
        state on, as a decoder does step by step, make one track.

    Raises
    ------
    InputError
        If there is no such layer, or the model has never run and is still lazy.
    """
    layers = {n: m for n, m in model.named_modules() if knows(m)}
    if not layers:
        raise InputError(
            f"model: no recurrent layer in {type(model).__name__}; diagnose needs an "
            "RNN, GRU or LSTM of elman or torch.nn"
        )
    if any(is_lazy(p) for p in model.parameters()):
        raise InputError("model: has lazy parameters; run it once on the inputs first")
    tracks: list[Track] = []
    kept = [(m, dict(m.__dict__)) for m in model.modules()]
    tables: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (table, dict(table))
        for m in model.modules()
        for table in (m._parameters, m._buffers, m._modules)
    ]
    buffers = [(b, b.detach().clone()) for b in model.buffers()]
    gpus = sorted({p.device for p in model.parameters() if p.is_cuda}, key=str)
    with torch.random.fork_rng(devices=gpus):
        try:
            for name, layer in layers.items():
                sink = partial(_join, tracks)
                layer.__dict__["forward"] = partial(unrolled, layer, name, sink)
            with torch.enable_grad():
                yield tracks
        finally:
            for module, attributes in kept:
                module.__dict__.clear()
                module.__dict__.update(attributes)
            for table, content in tables:
                table.clear()
                table.update(content)
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)


def _join(tracks: list[Track], new: Track) -> None:
    """Append a track, or lengthen the one whose state it continues."""
    key = (new.name, new.layer, new.reverse)
    same = [t for t in tracks if (t.name, t.layer, t.reverse) == key]
    joins = (
        same
        and new.continued
        and not (new.reverse or new.ragged or same[-1].ragged)
        and new.start[0].shape == same[-1].start[0].shape
    )
    if not joins:
        tracks.append(new)
        return
    old = same[-1]
    old.x += new.x
    old.states += new.states
    old.gates += new.gates
    old.lengths = old.lengths + new.lengths


def call(model: nn.Module, inputs: Any) -> Any:
    """Call a model on a tensor, or on a tuple of arguments."""
    if isinstance(inputs, (tuple, list)) and not hasattr(inputs, "batch_sizes"):
        return model(*inputs)
    return model(inputs)
