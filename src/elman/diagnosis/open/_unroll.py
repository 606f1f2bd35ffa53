"""A recurrent layer's forward pass, step by step, every state in the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from elman import ops

from ._cells import Cell, Inputs, States, cell_of, cell_of_call
from ._lineage import tensors_of
from ._through import through

Stays = tuple[Tensor | float | None, ...]


@dataclass
class Track:
    """What one layer did in one direction, in the order it did it.

    Parameters
    ----------
    name, layer, reverse
        The module's name in the model, the index in its stack, the direction.
    cell : Cell
        The weights, a part of the graph.
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
    begun : tuple of Tensor
        The initial state as the layer had it: what made it is in the graph.
    stays : list of tuple
        For each step and state what zoneout keeps of the old one: a bool tensor
        (B, ·), a share, or None.
    cells : list of Cell
        That of each step: weights and dropout may be others in a later call.
    before : Track or None
        The one whose last state this began with, cut from its graph.
    starts : dict of int to tuple of Tensor (B, ·)
        Of the steps that did not begin with the state the last one left, since the
        model changed it between two calls: the one they began with, detached.
    fed : bool
        Whether an input was made from the state before it, as by a decoder that reads
        what it wrote.
    """

    name: str
    layer: int
    reverse: bool
    cell: Cell
    start: States
    lengths: Tensor
    ragged: bool
    sequence: int = 0
    begun: States = ()
    stays: list[Stays] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    x: list[Tensor] = field(default_factory=list)
    states: list[States] = field(default_factory=list)
    gates: list[States] = field(default_factory=list)
    before: Track | None = None
    starts: dict[int, States] = field(default_factory=dict)
    fed: bool = False

    def state_before(self, t: int) -> States:
        """Return the state a step begins with, detached, in the order of the track."""
        if t in self.starts:
            return self.starts[t]
        state = self.states[t - 1] if t else self.start
        return tuple(s.detach() for s in state)

    @property
    def open_loop(self) -> bool:
        """Whether a step's state depends on the last by the cell's equations alone."""
        return not self.starts and not self.fed

    @property
    def title(self) -> str:
        """The name to show: module, layer of the stack, direction."""
        title = self.name or "model"
        if self.layer:
            title += f" layer {self.layer}"
        return title + (" reverse" if self.reverse else "")

    def push(
        self, t: int, rows: Tensor, cell: Cell, a: Inputs, state: States, Q: Tensor
    ) -> Tensor:
        """Return J_t Q of some rows, with what is held back of the states.

        Parameters
        ----------
        t : int
            The step, in the order of the track.
        rows : Tensor of int64
        cell, a, state, Q
            As for `Cell.push`, of these rows.
        """
        pushed = cell.push(a, state, Q)
        if all(stays is None for stays in self.stays[t]):
            return pushed
        widths = [s.shape[-1] for s in state]
        parts = zip(
            self.stays[t], pushed.split(widths, 1), Q.split(widths, 1), strict=True
        )
        return torch.cat([_pushed(stays, rows, *of) for stays, *of in parts], 1)


def whole_lengths(tracks: Sequence[Track], track: Track) -> Tensor:
    """Return the steps of each row in all tracks that go on with each other.

    Those of the track itself, the same tensor, where no state was detached.
    """
    first = track
    while first.before is not None:
        first = first.before
    chain = [first]
    for other in tracks:
        if other.before is not None and any(other.before is t for t in chain):
            chain.append(other)
    if len(chain) == 1:
        return track.lengths
    total = torch.zeros_like(track.lengths)
    for part in chain:
        total += part.lengths
    return total


class DoubleCells:
    """The cells of a track's steps for some rows, in double precision."""

    def __init__(self, track: Track, rows: Tensor) -> None:
        self._track, self._rows = track, rows
        self._kept: tuple[Cell, Cell] | None = None

    def at(self, t: int) -> Cell:
        """Return the cell of one step, in the order of the track."""
        cell = self._track.cells[t]
        if self._kept is None or self._kept[0] is not cell:
            self._kept = cell, cell.of_rows(self._rows).double()
        return self._kept[1]


Sink = Callable[[Track], None]


def unrolled(
    layer: nn.RNNBase, name: str, sink: Sink, *args: Any, **kwargs: Any
) -> tuple[Any, Any]:
    """Compute what ``layer(*args, **kwargs)`` returns, and hand over tracks.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn
    name : str
        Its name in the model.
    sink : callable
        Receives one `Track` for each layer and direction.
    *args, **kwargs
        As for a call of the layer.

    Returns
    -------
    output, state
        In the form of the layer's own.
    """
    sides = 2 if layer.bidirectional else 1
    ran = 0
    given = args[0] if args else kwargs.get("input")
    unsort = getattr(given, "unsorted_indices", None)  # of a PackedSequence
    sort = getattr(given, "sorted_indices", None)

    def run(call: ops.Call) -> ops.Result:
        nonlocal ran
        index, ran = ran // sides, ran + 1
        if unsort is not None:  # rows are told apart by the caller's numbers
            call = _rearranged(call, unsort)
        steps, rows = call.x.shape[:2]
        x, mask = call.x, None
        count = torch.full((rows,), steps, device=x.device)
        if call.lengths is not None:
            count = call.lengths.to(x.device)
            time = torch.arange(steps, device=x.device)
            mask = (time[:, None] < count).unsqueeze(-1)
            x = torch.where(mask, x, 0.0)  # padding may hold anything
        track = Track(
            name,
            index,
            call.reverse,
            cell_of_call(call),
            tuple(map(_in_graph, call.state)),
            count,
            call.lengths is not None,
            begun=call.state,
            stays=_stays(call),
        )
        y = _run(track, x, mask)
        sink(track)
        last = track.states[-1]
        if sort is not None:
            y, last = y[:, sort], tuple(s[sort] for s in last)
        return ops.Result(y, last, {})

    result: tuple[Any, Any] = through(layer, run, *args, **kwargs)
    return result


def _pushed(
    stays: Tensor | float | None, rows: Tensor, new: Tensor, old: Tensor
) -> Tensor:
    if isinstance(stays, Tensor):
        return torch.where(stays[rows].unsqueeze(-1), old, new)
    return new if stays is None else new + stays * (old - new)


def _in_graph(state: Tensor) -> Tensor:
    """Return a state that has gradients, frozen weights or not."""
    return state if state.requires_grad else state.detach().clone().requires_grad_()


def _rearranged(call: ops.Call, rows: Tensor) -> ops.Call:
    """Return a call with its rows in another order."""
    noise = call.noise
    if noise is not None:
        factor = noise.recurrent
        stays = (s[:, rows] if isinstance(s, Tensor) else s for s in noise.stays)
        if isinstance(factor, Tensor):
            factor = factor[rows]
        elif factor is not None:
            factor = tuple(f[rows] for f in factor)
        noise = ops.Noise(factor, tuple(stays))
    return call._replace(
        x=call.x[:, rows],
        state=tuple(s[rows] for s in call.state),
        lengths=None
        if call.lengths is None
        else call.lengths[rows.to(call.lengths.device)],
        noise=noise,
    )


def _stays(call: ops.Call) -> list[Stays]:
    """Return what each step holds back, in the order the steps run."""
    steps = range(len(call.x))
    if call.noise is None or not call.noise.stays:
        return [(None,) * len(call.state)] * len(steps)
    return [
        tuple(s[t] if isinstance(s, Tensor) else s for s in call.noise.stays)
        for t in (reversed(steps) if call.reverse else steps)
    ]


def unrolled_cell(
    layer: Any, name: str, sink: Sink, given: Tensor, hx: Any = None
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
    cell = cell_of(layer, detach=False)
    begun = tuple(s.unsqueeze(0) if unbatched else s for s in tensors_of(hx))
    if not begun:
        places = len(cell.equations.states)
        begun = (x.new_zeros(len(x), layer.hidden_size),) * places
    start = tuple(map(_in_graph, begun))
    count = torch.ones(len(x), dtype=torch.int64, device=x.device)
    track = Track(
        name,
        0,
        False,
        cell,
        start,
        count,
        ragged=False,
        begun=begun,
        stays=[(None,) * len(start)],
    )
    _run(track, x.unsqueeze(0), None)
    sink(track)
    state = tuple(s.squeeze(0) if unbatched else s for s in track.states[-1])
    return state if len(state) > 1 else state[0]


def _run(track: Track, x: Tensor, mask: Tensor | None) -> Tensor:
    """Run one layer in one direction, fill its track and return (T, B, P)."""
    projected = list(zip(*(a.unbind(0) for a in track.cell.project(x)), strict=True))
    inputs = x.detach().unbind(0)
    state = track.start
    order = range(len(x))
    for t in reversed(order) if track.reverse else order:
        new, gates = track.cell.step(projected[t], state)
        stays = track.stays[len(track.states)]
        new = tuple(
            _held(*of, mask is None) for of in zip(stays, new, state, strict=True)
        )
        if mask is not None:
            new = tuple(
                torch.where(mask[t], a, b) for a, b in zip(new, state, strict=True)
            )
        state = new
        track.cells.append(track.cell)
        track.x.append(inputs[t])
        track.states.append(state)
        track.gates.append(tuple(g.detach() for g in gates))
    h = [s[0] for s in track.states]
    output = torch.stack(h[::-1] if track.reverse else h)
    return output if mask is None else torch.where(mask, output, 0.0)


def _held(
    stays: Tensor | float | None, new: Tensor, old: Tensor, apart: bool
) -> Tensor:
    """Return a state after zoneout, as a node of its own where ``apart``.

    An LSTM's h_t is computed from c_t. The two are the coordinates of one state, so
    c_t needs a node past the branch to h_t.
    """
    if isinstance(stays, Tensor):
        return torch.where(stays, old, new)
    if stays is not None:
        return new + stays * (old - new)
    return new.view_as(new) if apart else new
