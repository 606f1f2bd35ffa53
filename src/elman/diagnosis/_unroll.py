"""A recurrent layer's forward pass, step by step, every state in the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from elman._errors import InputError

from ._cells import Cell, States, cell_of


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
    ragged, continued : bool
        Whether lengths were given; whether the initial state came from the graph.
    """

    name: str
    layer: int
    reverse: bool
    cell: Cell
    start: States
    lengths: Tensor
    ragged: bool
    continued: bool = False
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
    packed = given if isinstance(given, PackedSequence) else None
    if packed is not None:
        x, lengths = pad_packed_sequence(packed)
    else:
        x = given
    unbatched = x.dim() == 2
    if unbatched:
        x = x.unsqueeze(1)
    elif layer.batch_first and packed is None:
        x = x.transpose(0, 1)
    count = _lengths(lengths, x)
    # A state out of the graph starts a new sequence.
    given_states = hx if isinstance(hx, (tuple, list)) else (hx,)
    carried = any(s is not None and s.requires_grad for s in given_states)
    initial = _initial(layer, x, hx, unbatched)
    mask = None
    if lengths is not None:
        steps = torch.arange(len(x), device=x.device)
        mask = (steps[:, None] < count).unsqueeze(-1)
        x = torch.where(mask, x, 0.0)

    last: list[States] = []
    sides = 2 if layer.bidirectional else 1
    for index in range(layer.num_layers):
        outputs = []
        for side in range(sides):
            track = Track(
                name,
                index,
                side == 1,
                cell_of(layer, index, side == 1),
                tuple(s[index * sides + side] for s in initial),
                count,
                ragged=lengths is not None,
                continued=carried,
            )
            outputs.append(_run(track, x, mask))
            last.append(track.states[-1] if track.states else track.start)
            sink(track)
        x = torch.cat(outputs, -1) if sides == 2 else outputs[0]
        if layer.dropout and layer.training and index < layer.num_layers - 1:
            x = dropout(x, layer.dropout)

    final = [torch.stack(s) for s in zip(*last, strict=True)]
    if unbatched:
        final = [s.squeeze(1) for s in final]
    state = tuple(final) if len(final) == 2 else final[0]
    return _leave(layer, x, packed, unbatched), state


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


def _lengths(lengths: Any, x: Tensor) -> Tensor:
    steps, rows = x.shape[:2]
    if steps == 0:
        raise InputError(
            "inputs: sequences of 0 steps; give at least one step to measure"
        )
    if lengths is None:
        return torch.full((rows,), steps, device=x.device)
    return torch.as_tensor(lengths, device=x.device).to(torch.int64).reshape(-1)


def _initial(
    layer: nn.RNNBase, x: Tensor, hx: Any, unbatched: bool
) -> tuple[Tensor, ...]:
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    lstm = layer.mode == "LSTM"
    if hx is not None:
        given = tuple(hx) if lstm else (hx,)
        given = tuple(s.unsqueeze(1) if unbatched else s for s in given)
    else:
        widths = [layer.proj_size or layer.hidden_size]
        widths += [layer.hidden_size] if lstm else []
        given = tuple(x.new_zeros(places, x.shape[1], w) for w in widths)
    # A leaf of its own keeps every state in the graph, frozen weights or not.
    return tuple(s if s.requires_grad else s.detach().requires_grad_() for s in given)


def _leave(
    layer: nn.RNNBase, x: Tensor, packed: PackedSequence | None, unbatched: bool
) -> Any:
    if packed is not None:
        order = packed.sorted_indices
        rows = x if order is None else x.index_select(1, order)
        sizes = packed.batch_sizes.tolist()
        data = torch.cat([rows[t, :size] for t, size in enumerate(sizes)])
        return PackedSequence(
            data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices
        )
    if unbatched:
        return x.squeeze(1)
    return x.transpose(0, 1) if layer.batch_first else x
