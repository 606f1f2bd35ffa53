"""A module run over a window of streams, with resets where series begin."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from elman._errors import InputError
from elman.training.data._streams import Layout, Streams

from ._carried import State, reset_rows


def run_window(
    module: nn.Module,
    streams: Streams,
    layout: Layout,
    state: State,
    cuts: Sequence[int],
    inputs: tuple[Any, ...],
) -> tuple[Callable[[int, int], Any], dict[int, State]]:
    """Run the module over a window, resetting rows where a new series begins.

    Parameters
    ----------
    module : nn.Module
    streams : Streams
    layout : Layout
    state : State
        At the window's first step.
    cuts : sequence of int
        Steps, the first and the last of the window among them, at which the state
        is wanted, or outputs from which on.
    inputs : tuple
        Of the window's steps.

    Returns
    -------
    outputs : callable
        From two of the cuts to the output between them.
    states : dict of int to State
        Before each cut's step, and before any reset there.
    """
    start, stop = min(cuts), max(cuts)
    resets = layout.resets(start, stop)
    edges = sorted({*cuts, *(step for step in resets if step > start)})
    time = 1 if streams.batch_first else 0
    begin = getattr(module, "initial_state", None)
    initial = begin(streams.rows) if callable(begin) else None
    states = {start: state}
    found: dict[int, Any] = {}
    for p, q in itertools.pairwise(edges):
        if p == 0:
            state = initial
        elif p in resets and state is not None:
            state = reset_rows(state, resets[p], streams.state_axis, initial)
        piece = tuple(x.narrow(time, p - start, q - p) for x in inputs)
        answer = module(*piece, state)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise InputError(
                "a module trained on streams must return (output, state), as "
                f"torch.nn's recurrent layers do; got a {type(answer).__name__}"
            )
        found[p], state = answer
        states[q] = state

    def between(low: int, high: int) -> Any:
        wanted = [found[p] for p in edges[:-1] if low <= p < high]
        return wanted[0] if len(wanted) == 1 else torch.cat(wanted, time)

    return between, states
