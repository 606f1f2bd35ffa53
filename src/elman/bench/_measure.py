"""From a case to its row."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import torch

from elman import ops

from . import _layers, _loop, _memory, _streaming
from ._cases import Case
from ._peers import Peer
from ._race import Step, race
from ._rows import Row

_BUILDERS: dict[str, Callable[[Case], dict[str, Step]]] = {
    "grid": _layers.dense,
    "thin": _layers.dense,
    "ragged": _layers.ragged,
    "float64": _layers.dense,
    "projection": _layers.dense,
    "streaming": _streaming.streaming,
    "loop": _loop.loop,
    "cells": _layers.equations,
}
_OTHERS = {"grid": ("jax", "keras"), "thin": ("jax", "keras"), "cells": ("jax",)}
_FEWER = 3
"""Turns of the composite path: a step takes some tenths of a second, and is steady."""
_KNOWN = "LSTM with projections is not supported with oneDNN"  # torch, on its own path


def measure(case: Case, rounds: int, peers: Mapping[str, Peer] | None = None) -> Row:
    """Measure one case.

    Parameters
    ----------
    case : Case
    rounds : int
        Turns of each peer.
    peers : mapping of str to Peer, optional
        Who runs besides torch, from `find_peers`; they have rows in the groups
        "grid" and "thin", and jax in "cells".

    Returns
    -------
    Row
    """
    threads = torch.get_num_threads()
    if case.group == "memory":
        values = {w: _memory.peak_memory(case, w, threads) for w in ("elman", "torch")}
        return Row(case, values)
    steps = _BUILDERS[case.group](case)
    for name, peer in (peers or {}).items():
        if name in _OTHERS.get(case.group, ()):
            steps[name] = peer.training_step(case)
    peak = None
    if case.operations is not None:
        peak = ops.measured_peak(threads, doubles=case.group == "float64")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_KNOWN)
        times = race(steps, rounds, fewer={_layers.PLAIN: _FEWER})
    if case.group == "streaming":
        times = {name: t / _streaming.MANY for name, t in times.items()}
    return Row(case, times, peak)
