"""Look for infinities and NaN in tensors, and say where in a sequence they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from elman.diagnosis.open._rows import named_leaves
from elman.diagnosis.open._unroll import Track
from elman.layers import is_recurrent


@dataclass(frozen=True)
class Spot:
    """What was found first: see `NonFinite`."""

    kind: str
    name: str
    value: str
    count: int
    step: int | None = None
    row: int | None = None


def look(kind: str, name: str, tensor: Any) -> Spot | None:
    """Return the first element that is not finite, or None."""
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
        return None
    tensor = tensor.detach()
    if tensor.is_nested:
        tensor = tensor.values()
    bad = ~tensor.isfinite()
    count = int(bad.sum())
    if count == 0:
        return None
    value = float(tensor[tuple(bad.nonzero()[0])])
    return Spot(kind, name, str(value), count)


class Forward:
    """The first state or output of a forward pass that is not finite.

    ``ran`` is a forward hook for every module of an opened model.
    """

    def __init__(self) -> None:
        self.first: Spot | None = None
        self.tracks: list[Track] = []
        self._checked: dict[int, int] = {}

    def ran(self, name: str, module: nn.Module, args: Any, output: Any) -> None:
        """Look at what a module has just computed."""
        if self.first is not None:
            return
        if is_recurrent(module):
            for track in self.tracks:
                begin = self._checked.get(id(track), 0)
                self._checked[id(track)] = len(track.states)
                self.first = self.first or in_states(track, begin)
            return
        for place, leaf in named_leaves("", output):
            title = name or type(module).__name__
            spot = look("output", f"{title}.{place}" if place else title, leaf)
            self.first = self.first or spot


def in_states(track: Track, begin: int = 0) -> Spot | None:
    """Return the first step of a track whose state is not finite."""
    for t in range(begin, len(track.states)):
        for state in track.states[t]:
            spot = _at_step(track, "state", t, state)
            if spot:
                return spot
    return None


def in_adjoints(track: Track, gradients: list[Tensor | None]) -> Spot | None:
    """Return the last step, first in the backward pass, whose ∂L/∂h_t is not finite."""
    for t in range(len(gradients) - 1, -1, -1):
        gradient = gradients[t]
        if gradient is not None:
            spot = _at_step(track, "adjoint", t, gradient)
            if spot:
                return spot
    return None


def _at_step(track: Track, kind: str, t: int, values: Tensor) -> Spot | None:
    # Rows that have not begun or have ended hold what they were given.
    alive = t < track.lengths
    if track.reverse:
        alive = t >= len(track.states) - track.lengths
    values = torch.where(alive[:, None], values.detach(), 0.0)
    spot = look(kind, track.title, values)
    if spot is None:
        return None
    row = int((~values.isfinite()).any(1).nonzero()[0])
    time = len(track.states) - 1 - t if track.reverse else t
    return replace(spot, step=time, row=row)


def in_batch(kind: str, batch: Any, tracks: list[Track], first: bool) -> Spot | None:
    """Return the first place of a batch that is not finite, padding left out.

    Parameters
    ----------
    kind : str
        "input" or "target".
    batch : Any
        Nested tensors.
    tracks : list of Track
        What the layers saw of it.
    first : bool
        Whether the layers are batch first.
    """
    for name, leaf in named_leaves(f"{kind}s", batch):
        spot = look(kind, name, leaf)
        if spot is None:
            continue
        if leaf.is_nested:  # rows without padding, one after the other
            at = int((~leaf.detach().values().isfinite()).nonzero()[0, 0])
            offsets = leaf.offsets()
            row = int((offsets <= at).sum()) - 1
            return replace(spot, step=at - int(offsets[row]), row=row)
        by_row = _rows_first(leaf, tracks, first)
        if by_row is None:
            return spot
        inside = by_row.detach()
        if kind == "input":
            inside = _without_padding(inside, tracks)
        spot = look(kind, name, inside)
        if spot is None:
            continue
        row, step = (~inside.isfinite()).nonzero()[0, :2].tolist()
        return replace(spot, step=step, row=row)
    return None


def _rows_first(leaf: Tensor, tracks: list[Track], first: bool) -> Tensor | None:
    """Return an input as (B, T, ...), or None where its axes are other ones."""
    if leaf.dim() < 2:
        return None
    for track in tracks:
        shape = (len(track.lengths), len(track.states))
        forms = [(shape, leaf), (shape[::-1], leaf.transpose(0, 1))]
        for found, turned in forms if first else forms[::-1]:
            if tuple(leaf.shape[:2]) == found:
                return turned
    return None


def _without_padding(rows: Tensor, tracks: list[Track]) -> Tensor:
    """Clear what lies beyond the lengths that the layers were given, (B, T, ...)."""
    for track in tracks:
        shape = (len(track.lengths), len(track.states))
        if track.ragged and tuple(rows.shape[:2]) == shape:
            time = torch.arange(shape[1], device=track.lengths.device)
            alive = (time < track.lengths[:, None]).to(rows.device)
            alive = alive.reshape(*shape, *[1] * (rows.dim() - 2))
            return torch.where(alive, rows, 0.0)
    return rows
