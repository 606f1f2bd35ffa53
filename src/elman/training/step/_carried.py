"""Recurrent states between chunks: cut from the graph, reset for some rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from elman._errors import InputError

State = Any
"""None, a tensor, or tuples, lists and dicts of states."""


def map_state(function: Callable[..., Any], state: State, *others: State) -> State:
    """Apply a function to every tensor of a state, and of others of its form.

    Parameters
    ----------
    function : callable
        From one tensor of each to a tensor.
    state, *others : State

    Raises
    ------
    InputError
        If something is neither a tensor nor a known collection.
    """
    if state is None:
        return None
    if isinstance(state, Tensor):
        return function(state, *others)
    if type(state) in (tuple, list):
        parts = zip(state, *others, strict=True)
        return type(state)(map_state(function, *part) for part in parts)
    if type(state) is dict:
        return {
            key: map_state(function, value, *(other[key] for other in others))
            for key, value in state.items()
        }
    raise InputError(
        "a carried state must be tensors, in tuples, lists or dicts if there are "
        f"several; the module returned a {type(state).__name__}"
    )


def detached(state: State) -> State:
    """Return the same numbers without their history."""
    return map_state(lambda tensor: tensor.detach(), state)


def reset_rows(state: State, rows: Tensor, axis: int, initial: State = None) -> State:
    """Return the state with some rows at their start again.

    Parameters
    ----------
    state : State
    rows : Tensor
        bool (B,): which rows begin anew.
    axis : int
        Of the rows in every tensor; 1 for `torch.nn`'s (L·D, B, H).
    initial : State
        What they begin with; None for zeros.

    Raises
    ------
    InputError
        If a tensor has no such axis of B rows.
    """

    def choose(tensor: Tensor, start: Tensor | None = None) -> Tensor:
        if tensor.ndim <= axis or tensor.shape[axis] != len(rows):
            raise InputError(
                f"a carried state has shape {tuple(tensor.shape)}, but its axis {axis} "
                f"must hold the {len(rows)} streams; set state_axis"
            )
        shape = [1] * tensor.ndim
        shape[axis] = len(rows)
        chosen = rows.to(tensor.device).view(shape)
        if start is None:
            return tensor.masked_fill(chosen, 0.0)
        return torch.where(chosen, start, tensor)

    others = () if initial is None else (initial,)
    return map_state(choose, state, *others)


def leaves_of(state: State) -> list[Tensor]:
    """Return a state's tensors in one list."""
    found: list[Tensor] = []
    map_state(found.append, state)
    return found


def with_leaves(form: State, leaves: Sequence[Tensor]) -> State:
    """Return a state of this form with these tensors, as `leaves_of` lists them."""
    following = iter(leaves)
    return map_state(lambda _: next(following), form)
