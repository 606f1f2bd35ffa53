"""A recurrent layer's forward pass, step by step, every state in the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ._cells import Cell, States, cell_of
from ._lineage import tensors_of
from ._through import through


@dataclass
class Track:
    """What one layer did in one direction, in the order it did it.

    Parameters
    ----------
    name, layer, reverse
        The module's name in the model, the index in its stack, the direction.
    cell : Cell
        The weights, detached.
    x : list of Tensor (B, I)
        The input of each step, detached.
    start : tuple of Tensor (B, ·)
        The initial state.
    states : list of tuple of Tensor (B, ·)
        The state after each step, part of the autograd graph. A row that has
        ended keeps its state.
    gates : list of tuple of Tensor (B, H)
        The gates of each step, detached.
    lengths : Tensor of int64 (B,)
        Steps of each row.
    ragged : bool
        Whether lengths were given.
    sequence : int
        Which of the module's sequences this is, in the order they began.
    """

    name: str
    layer: int
    reverse: bool
    cell: Cell
    start: States
    lengths: Tensor
    ragged: bool
    sequence: int = 0
    x: list[Tensor] = field(default_factory=list)
    states: list[States] = field(default_factory=list)
    gates: list[States] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The name to show: module, layer of the stack, direction."""
        title = self.name or "model"
        if self.layer:
            title += f" layer {self.layer}"
        return title + (" reverse" if self.reverse else "")


Sink = Callable[[Track], None]


def unrolled(
    layer: nn.RNNBase,
    name: str,
    sink: Sink,
    given: Any,
    hx: Any = None,
    lengths: Any = None,
) -> tuple[Any, Any]:
    """Compute what ``layer(given, hx, lengths=lengths)`` returns, and hand over tracks.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn
    name : str
        Its name in the model.
    sink : callable
        Receives one `Track` for each layer and direction.
    given, hx, lengths
        As for a call of the layer.

    Returns
    -------
    output, state
        In the form of the layer's own.
    """

    def run(
        index: int, reverse: bool, x: Tensor, start: States, lengths: Tensor | None
    ) -> tuple[Tensor, States]:
        steps, rows = x.shape[:2]
        count = torch.full((rows,), steps, device=x.device)
        mask = None
        if lengths is not None:
            count = lengths
            time = torch.arange(steps, device=x.device)
            mask = (time[:, None] < count).unsqueeze(-1)
        cell = cell_of(layer, index, reverse)
        track = Track(name, index, reverse, cell, start, count, lengths is not None)
        y = _run(track, x, mask)
        sink(track)
        return y, track.states[-1]

    return through(layer, run, given, hx, lengths)


def unrolled_cell(
    layer: nn.RNNCellBase, name: str, sink: Sink, given: Tensor, hx: Any = None
) -> Any:
    """Compute what a call of a one-step cell returns, and hand over its track.

    Parameters
    ----------
    layer : RNNCell, GRUCell or LSTMCell of elman or torch.nn
    name, sink
        As for `unrolled`.
    given, hx
        As for a call of the cell.

    Returns
    -------
    Tensor or tuple of Tensor
        The state, in the form of the cell's own.
    """
    unbatched = given.dim() == 1
    x = given.unsqueeze(0) if unbatched else given
    cell = cell_of(layer)
    start = tuple(s.unsqueeze(0) if unbatched else s for s in tensors_of(hx))
    if not start:
        places = 2 if cell.kind == "lstm" else 1
        start = (x.new_zeros(len(x), layer.hidden_size),) * places
    start = tuple(
        s if s.requires_grad else s.detach().clone().requires_grad_() for s in start
    )
    count = torch.ones(len(x), dtype=torch.int64, device=x.device)
    track = Track(name, 0, False, cell, start, count, ragged=False)
    _run(track, x.unsqueeze(0), None)
    sink(track)
    state = tuple(s.squeeze(0) if unbatched else s for s in track.states[-1])
    return state if len(state) == 2 else state[0]


def _run(track: Track, x: Tensor, mask: Tensor | None) -> Tensor:
    """Run one layer in one direction, fill its track and return (T, B, P)."""
    projected = track.cell.project(x).unbind(0)
    inputs = x.detach().unbind(0)
    state = track.start
    order = range(len(x))
    for t in reversed(order) if track.reverse else order:
        new, gates = track.cell.step(projected[t], state)
        if mask is None:
            # An LSTM's h_t is computed from c_t. The two are the coordinates of one
            # state, so c_t gets a node of its own, past the branch to h_t.
            new = (*new[:1], *(s.view_as(s) for s in new[1:]))
        else:
            new = tuple(
                torch.where(mask[t], a, b) for a, b in zip(new, state, strict=True)
            )
        state = new
        track.x.append(inputs[t])
        track.states.append(state)
        track.gates.append(tuple(g.detach() for g in gates))
    h = [s[0] for s in track.states]
    output = torch.stack(h[::-1] if track.reverse else h)
    return output if mask is None else torch.where(mask, output, 0.0)
