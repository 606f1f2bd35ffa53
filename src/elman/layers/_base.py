"""What the three layers share: stacking, directions, dropout, the forms of a batch."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.compiler import is_compiling
from torch.nn.utils.rnn import PackedSequence

from elman import ops

from ._batch import Batch, States
from ._checks import check_input, check_state
from ._compiled import compiled_call
from ._extras import Extended
from ._fast import fast_call
from ._flatten import flatten
from ._foreign import foreign_call
from ._graphs import let_into_graphs, when_compiler_loads
from ._noise import draw
from ._stack import run_stack
from ._states import carried_states, carry, initial_states
from ._torch_call import torch_call

Trace = list[list[dict[str, Tensor]]]


class Recurrent(Extended):
    """A stack of recurrent layers in one or two directions.

    Parameters, their names, order and initial values are those of `torch.nn`, so
    a state_dict goes either way. A cell says how one layer runs in one direction.
    """

    __jit_unused_properties__ = ["all_weights", "_cell"]  # noqa: RUF012  torch's form

    @property
    @abstractmethod
    def _cell(self) -> tuple[str, str]:
        """The cell and its variant, as `elman.ops.Call` names them."""

    def flatten_parameters(self) -> None:
        """Lay each layer's weights out as cuDNN wants them, where it has the cell."""
        if self._cell in ops.STOCK:
            for names in self._all_weights:
                flatten(self, [getattr(self, name, None) for name in names])

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
        quick = None
        if is_compiling():
            if lengths is None:
                quick = compiled_call(self, input, hx)
        elif self._by_name or self._weights_are_named():
            quick = fast_call(self, input, hx, lengths)
        if quick is None:
            quick = foreign_call(self, input, hx, lengths)
        if quick is None and lengths is None and not is_compiling():
            quick = torch_call(self, input, hx)
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
            LSTM: h, c, i, f, g, o.
        """
        return self._forward(input, hx, lengths, trace=True)

    def _forward(
        self, given: Any, hx: Any, lengths: Any, trace: bool
    ) -> tuple[Any, Any, Trace]:
        kind = self.mode.split("_")[0]
        first, states_first = self.batch_first, self.state_batch_first
        batch = Batch.enter(given, lengths, first, states_first, kind)
        all_weights = self._all_weights_by_place()
        check_input(batch.x, self.input_size, all_weights[0].w_ih.dtype)
        initial = self._initial(batch, hx)

        traces: list[dict[str, Tensor]] = []

        def run_one(place: int, x: Tensor, reverse: bool) -> tuple[Tensor, States]:
            call = ops.Call(
                *self._cell,
                x,
                tuple(s[place] for s in initial),
                all_weights[place],
                lengths=batch.lengths,
                reverse=reverse,
                trace=trace,
                noise=draw(self, x),
            )
            y, state, seen = ops.run(call)
            traces.append({k: batch.unsort(v) for k, v in seen.items()})
            return y, state

        directions = 2 if self.bidirectional else 1
        dropout = None
        if self.dropout and self.training:
            dropout = partial(batch.dropout, p=self.dropout)
        x, last = run_stack(batch.x, self.num_layers, directions, run_one, dropout)
        final = [torch.stack(s) for s in zip(*last, strict=True)]
        if self.stateful:
            carry(self, batch, final)
        left = batch.leave(x, shared=trace)
        by_layer = [
            traces[k : k + directions] for k in range(0, len(traces), directions)
        ]
        return left, self._leave_states(batch, final), by_layer

    def _all_weights_by_place(self) -> list[ops.Weights]:
        """Weights of every layer and direction, read by name.

        By name, so that parametrisations and `torch.func.functional_call` work, unless
        the layer was given a list of its own: see `_flat_weights`.
        """
        found = []
        flat = None
        if not self._by_name and not self._weights_are_named():
            flat = iter(self._flat_weights)
        for names in self._all_weights:
            if flat is None:
                tensors = [getattr(self, name) for name in names]
            else:
                tensors = [next(flat) for _ in names]
            w_hr = tensors.pop() if self.proj_size else None
            found.append(ops.Weights(*tensors, w_hr=w_hr))  # type: ignore[misc]
        return found

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
        return (hx,)

    def _leave_states(self, batch: Batch, final: list[Tensor]) -> Any:
        return batch.leave_state(final[0])


when_compiler_loads(lambda: let_into_graphs(Recurrent))
