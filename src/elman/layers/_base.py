"""What all layers share: stacking, directions, dropout, the forms of a batch."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from elman import ops
from elman._errors import InputError, with_article

from ._checks import check_input, check_state
from ._extras import Extended
from ._noise import draw, sort_noise
from ._stack import run_layers
from ._states import carried_states, carry, initial_states
from .batch._batch import Batch, States

Trace = list[list[dict[str, Tensor]]]


class Recurrent(Extended):
    """A stack of recurrent layers in one or two directions.

    It knows the sizes, the options and how a batch goes through; which parameters and
    states there are, and how one layer runs in one direction, says its subclass.
    """

    if TYPE_CHECKING:  # TorchScript would read the annotations
        input_size: int
        hidden_size: int
        num_layers: int
        bias: bool
        batch_first: bool
        dropout: float
        bidirectional: bool

    _dropped: tuple[int, ...] = (0,)
    """Of which states recurrent weights may see less."""
    _of_equations = False
    """Whether the cell is given as equations."""

    @property
    @abstractmethod
    def _kind(self) -> str:
        """The layer's name in messages."""

    @abstractmethod
    def _quick(self, x: Any, hx: Any, lengths: Any) -> tuple[Any, Any] | None:
        """Return what a call returns that need not go the ordinary way, or None."""

    @abstractmethod
    def _all_weights_by_place(self) -> list[Any]:
        """Return the weights of every layer and direction."""

    @abstractmethod
    def _call(self, weights: Any, x: Tensor, state: States, **how: Any) -> ops.Call:
        """Return what one layer in one direction is to run."""

    def forward(
        self,
        input: Tensor | PackedSequence,  # noqa: A002  torch's own name
        hx: Any = None,
        *,
        lengths: Any = None,
    ) -> tuple[Any, Any]:
        """Run the layer over a batch of sequences.

        Parameters
        ----------
        input : Tensor or PackedSequence
            (T, B, I), or (B, T, I) with ``batch_first``, or (T, I) unbatched; or a
            nested tensor in the jagged layout, rows first.
        hx : Tensor or tuple of Tensor, optional
            The initial state, (L·D, B, ·), or (B, L·D, ·) with
            ``state_batch_first``, or (L·D, ·) unbatched. If absent: the state carried
            over, or the learned one, or zeros.
        lengths : Tensor, array, list or int, optional
            Steps of each row, 0 to T, in any order.

        Returns
        -------
        output : Tensor or PackedSequence
            The last layer's h at every step, directions side by side, in the form
            of the input; zero beyond a row's length.
        state : Tensor or tuple of Tensor
            Each row's last state in the form of ``hx``; its initial state where
            the length is zero.

        Raises
        ------
        InputError
            If shapes, dtypes or lengths do not fit.
        """
        quick = self._quick(input, hx, lengths)
        if quick is not None:
            return quick
        output, state, _ = self._forward(input, hx, lengths, trace=False)
        return output, state

    def trace(
        self,
        input: Tensor | PackedSequence,  # noqa: A002
        hx: Any = None,
        *,
        lengths: Any = None,
    ) -> tuple[Any, Any, Trace]:
        """Run the layer and return every step's states and gates as well.

        Parameters
        ----------
        input, hx, lengths
            As for a call of the layer.

        Returns
        -------
        output, state
            As from a call of the layer.
        trace : list over layers of lists over directions of dict of str to Tensor
            Each (T, B, ·), whatever the form of the input, zero beyond a row's
            length and part of the autograd graph. RNN: h. GRU: h, r, z, n.
            LSTM: h, c, i, f, g, o. Other cells: their states and gates.
        """
        return self._forward(input, hx, lengths, trace=True)

    def _forward(
        self, given: Any, hx: Any, lengths: Any, trace: bool
    ) -> tuple[Any, Any, Trace]:
        first, states_first = self.batch_first, self.state_batch_first
        batch = Batch.enter(given, lengths, first, states_first, self._kind)
        all_weights = self._all_weights_by_place()
        check_input(batch.x, self.input_size, _dtype(all_weights[0]))
        initial = self._initial(batch, hx)

        traces: list[dict[str, Tensor]] = []

        def run_one(place: int, x: Tensor, reverse: bool) -> tuple[Tensor, States]:
            call = self._call(
                all_weights[place],
                x,
                tuple(s[place] for s in initial),
                lengths=batch.lengths,
                reverse=reverse,
                trace=trace,
                noise=sort_noise(batch, draw(self, x, self._of_equations)),
            )
            y, state, seen = ops.run(call)
            traces.append({k: batch.unsort(v) for k, v in seen.items()})
            return y, state

        directions = 2 if self.bidirectional else 1
        x, last = run_layers(self, batch.x, run_one, batch.dropout)
        final = [torch.stack(s) for s in zip(*last, strict=True)]
        if self.stateful:
            carry(self, batch, final)
        left = batch.leave(x, shared=trace)
        by_layer = [
            traces[k : k + directions] for k in range(0, len(traces), directions)
        ]
        return left, self._leave_states(batch, final), by_layer

    def _initial(self, batch: Batch, hx: Any) -> States:
        if hx is None:
            return (carried_states if self.stateful else initial_states)(self, batch)
        rows = batch.x.shape[1]
        places = self.num_layers * (2 if self.bidirectional else 1)
        given = self._split_states(hx)
        entered = []
        turned = batch.states_first and not batch.unbatched
        widths = self._state_widths()
        batch.check_axes(tuple(zip((name for name, _ in widths), given, strict=True)))
        for k, ((name, width), state) in enumerate(zip(widths, given, strict=True)):
            entered.append(batch.enter_state(state))
            expected = (places, rows, width)
            place = k if len(widths) > 1 else None
            check_state(name, entered[-1], expected, batch.x.dtype, turned, place)
        return tuple(entered)

    def _split_states(self, hx: Any) -> tuple[Any, ...]:
        """Return the states that a caller gave, one by one."""
        names = [name for name, _ in self._state_widths()]
        if len(names) == 1:
            return (hx,)
        if not isinstance(hx, tuple | list) or len(hx) != len(names):
            raise InputError(
                f"hx: {with_article(self._kind)}'s state is {_counted(len(names))} "
                f"({', '.join(names)}), got {type(hx).__name__}; use "
                f"layer(input, ({', '.join(names)}))"
            )
        return tuple(hx)

    def _leave_states(self, batch: Batch, final: list[Tensor]) -> Any:
        left = tuple(batch.leave_state(state) for state in final)
        return left if len(left) > 1 else left[0]


def _dtype(weights: Any) -> torch.dtype:
    """Return what the weights of one layer and direction are of."""
    found: Tensor = next(
        iter(weights.values() if isinstance(weights, dict) else weights)
    )
    return found.dtype


def _counted(count: int) -> str:
    return "the pair" if count == 2 else f"the {count} states"
