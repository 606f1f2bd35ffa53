"""Where a layer's states come from and go: learned, carried over, axes turned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from elman._errors import InputError

from .batch._batch import Batch, States

if TYPE_CHECKING:
    from ._base import Recurrent

STATEFUL = (False, True, "detached")


class Carried:
    """The states a stateful layer goes on from, and which rows start anew.

    Attributes
    ----------
    states : tuple of Tensor, (L·D, B, ·)
        In the caller's order of rows.
    anew : Tensor of bool, (B,), optional
        Rows that were reset since.
    """

    def __init__(self, states: States, anew: Tensor | None = None) -> None:
        self.states, self.anew = states, anew

    @property
    def rows(self) -> int:
        """How many rows."""
        return self.states[0].shape[1]

    def start(self, initial: States) -> States:
        """Return the states of the next call: carried, or initial where reset."""
        if self.anew is None:
            return self.states
        anew = self.anew.to(initial[0].device)[:, None]
        pairs = zip(initial, self.states, strict=True)
        return tuple(torch.where(anew, a, b) for a, b in pairs)

    def detach(self) -> Carried:
        """Return the same without the graph."""
        return Carried(tuple(s.detach() for s in self.states), self.anew)

    def apply(self, fn: Callable[[Tensor], Tensor]) -> Carried:
        """Return the same on another device or in another dtype."""
        return Carried(tuple(fn(s) for s in self.states), self.anew)

    def reset(self, rows: Any) -> Carried:
        """Return the same with more rows to start anew."""
        chosen = torch.zeros(self.rows, dtype=torch.bool)
        chosen[_rows(rows, self.rows)] = True
        return Carried(self.states, chosen if self.anew is None else chosen | self.anew)


def _rows(rows: Any, count: int) -> Tensor:
    """Return rows, given as numbers or as a mask, as numbers from 0."""
    try:
        given = torch.as_tensor(
            rows if isinstance(rows, Tensor) else np.asarray(rows)
        ).cpu()
    except (TypeError, ValueError) as error:
        raise InputError(f"rows: expected numbers or a mask, got {rows!r}") from error
    if given.dtype == torch.bool:
        if tuple(given.shape) != (count,):
            raise InputError(
                f"rows: a mask has one entry a row, shape ({count},), "
                f"got {tuple(given.shape)}"
            )
        return given.nonzero().squeeze(1)
    if given.numel() == 0:
        return given.reshape(-1).to(torch.int64)
    if given.is_floating_point() or given.is_complex() or given.dim() > 1:
        raise InputError(f"rows: expected whole numbers or a mask, got {rows!r}")
    given = given.reshape(-1).to(torch.int64)
    wrong = given[(given < -count) | (given >= count)]
    if len(wrong):
        raise InputError(f"rows: {int(wrong[0])} is none of the {count} rows carried")
    return given


def initial_states(layer: Recurrent, batch: Batch) -> States:
    """Return the states a sequence starts from when none are given."""
    rows = batch.x.shape[1]
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    if layer.learn_initial_state:
        return tuple(
            getattr(layer, name).unsqueeze(1).expand(places, rows, width)
            for name, width in layer._state_widths()
        )
    return tuple(
        batch.x.new_zeros(places, rows, width) for _, width in layer._state_widths()
    )


def carried_states(layer: Recurrent, batch: Batch) -> States:
    """Return the states a stateful layer goes on from, rows as the batch has them."""
    tracing = torch.compiler.is_compiling()  # a compiler is on that stack itself
    if not tracing and torch._C._functorch.peek_interpreter_stack() is not None:
        raise InputError(
            f"stateful={layer.stateful!r} has no meaning inside torch.func "
            f"transforms; pass the state and take it from the result"
        )
    if getattr(layer, "_is_replica", False):
        raise InputError(
            f"stateful={layer.stateful!r}: DataParallel's replicas are thrown away "
            f"after each call, and the state with them; pass the state instead"
        )
    initial = initial_states(layer, batch)
    carried = layer._carried
    if carried is None:
        return initial
    rows = batch.x.shape[1]
    if carried.rows != rows:
        raise InputError(
            f"input: it has {rows} rows, but the state carried over from the last "
            f"call has {carried.rows}; call reset_state() before another batch size"
        )
    return tuple(batch.sort(s) for s in carried.start(initial))


def carry(layer: Recurrent, batch: Batch, final: list[Tensor]) -> None:
    """Keep the last states for the next call."""
    # Copies: what the caller does to its own in place does not reach these.
    carried = Carried(tuple(batch.unsort(s).clone() for s in final))
    layer._carried = carried.detach() if layer.stateful == "detached" else carried
