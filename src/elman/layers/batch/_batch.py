"""The ways a batch comes in and goes out: dense, batch first, packed, nested.

Inside, there is one: x (T, B, I), states (L·D, B, ·), lengths (B,) or None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence

from elman._errors import InputError
from elman.layers._checks import ShapeError, as_lengths, axes_error

from ._jagged import Jagged, enter_jagged, leave_jagged
from ._own import turned, without_rows

States = tuple[Tensor, ...]


@dataclass(frozen=True)
class Batch:
    """A batch in the inner form, and how its results go back to the caller's.

    Attributes
    ----------
    x : Tensor, (T, B, I)
    lengths : Tensor of int64, (B,), optional
    unbatched, batch_first : bool
        The form the caller used.
    packed : PackedSequence, optional
        What the caller passed, if it was that; rows are then sorted by length.
    packed_lengths : Tensor of int64, (B,), optional
        Its lengths, kept even where they are all equal.
    states_first : bool
        Whether the caller's states are (B, L·D, ·).
    jagged : Jagged, optional
        Where the steps lie, if the caller passed a nested tensor.
    """

    x: Tensor
    lengths: Tensor | None = None
    unbatched: bool = False
    batch_first: bool = False
    packed: PackedSequence | None = None
    packed_lengths: Tensor | None = None
    states_first: bool = False
    jagged: Jagged | None = None

    @staticmethod
    def enter(
        x: Any,
        lengths: Any,
        batch_first: bool,
        states_first: bool = False,
        kind: str = "layer",
    ) -> Batch:
        """Bring what a caller passed into the inner form."""
        if isinstance(x, PackedSequence):
            if lengths is not None:
                raise InputError(
                    "lengths: a PackedSequence has its own; leave lengths out"
                )
            dense, own = torch._VF._pad_packed_sequence(
                x.data, x.batch_sizes, False, 0.0, len(x.batch_sizes)
            )
            return Batch(
                dense,
                as_lengths(own, dense.shape[1], dense.shape[0]),
                packed=x,
                packed_lengths=own,
                states_first=states_first,
            )
        if not isinstance(x, Tensor):
            raise InputError(
                f"input: expected a tensor or a PackedSequence, got {type(x).__name__}"
            )
        if x.is_nested:
            dense, each, jagged = enter_jagged(x, lengths)
            checked = as_lengths(each, dense.shape[1], dense.shape[0])
            return Batch(dense, checked, states_first=states_first, jagged=jagged)
        if x.dim() not in (2, 3):
            raise ShapeError(
                f"{kind}: Expected input to be 2D or 3D, got {x.dim()}D "
                f"{'tensor ' if kind == 'RNN' else ''}instead: its shape is "
                f"{tuple(x.shape)}; one sequence is (T, I), a batch has 3 axes"
            )
        unbatched = x.dim() == 2
        batch_first = batch_first and not unbatched
        if unbatched:
            x = x.unsqueeze(1)
        elif batch_first:
            x = x.transpose(0, 1)
        if lengths is not None:
            lengths = as_lengths(lengths, x.shape[1], x.shape[0])
        return Batch(x, lengths, unbatched, batch_first, states_first=states_first)

    def check_axes(self, states: tuple[tuple[str, Any], ...]) -> None:
        """Raise unless the states that are tensors have the axes they should have."""
        axes = 2 if self.unbatched else 3
        tensors = tuple((n, s) for n, s in states if isinstance(s, Tensor))
        if any(state.dim() != axes for _, state in tensors):
            raise axes_error(tensors, self.unbatched)

    def enter_state(self, state: Any) -> Any:
        """Bring one state into the inner form: (L·D, B, ·), rows sorted as x's."""
        if not isinstance(state, Tensor):
            return state
        if self.unbatched:
            return state.unsqueeze(1)
        return self.sort(state.transpose(0, 1) if self.states_first else state)

    def leave(self, y: Tensor, shared: bool = False) -> Tensor | PackedSequence:
        """Return the output in the caller's form; ``shared``: others hold y too."""
        if self.packed is not None and self.packed_lengths is not None:
            data, _ = torch._VF._pack_padded_sequence(y, self.packed_lengths, False)
            return PackedSequence(
                data,
                self.packed.batch_sizes,
                self.packed.sorted_indices,
                self.packed.unsorted_indices,
            )
        if self.jagged is not None:
            return leave_jagged(y, self.jagged)
        if self.unbatched:
            return y.squeeze(1) if shared else without_rows(y)
        if not self.batch_first:
            return y
        return y.transpose(0, 1) if shared else turned(y)

    def dropout(self, x: Tensor, p: float) -> Tensor:
        """Return (T, B, ·) with torch's dropout between layers, mask for mask.

        torch draws for the steps a PackedSequence has and for no others, in its
        order; drawn here in the same way, the same seed gives the same masks.
        """
        if self.packed is None or self.lengths is None:
            return dropout(x, p)
        data, sizes = torch._VF._pack_padded_sequence(x, self.lengths, False)
        return torch._VF._pad_packed_sequence(
            dropout(data, p), sizes, False, 0.0, x.shape[0]
        )[0]

    def leave_state(self, state: Tensor) -> Tensor:
        """Return one state in the caller's form."""
        if self.unbatched:
            return without_rows(state)
        state = self.unsort(state)
        return turned(state) if self.states_first else state

    def sort(self, tensor: Tensor) -> Tensor:
        """Return (·, B, ·) with its rows in the order of x."""
        if self.packed is None or self.packed.sorted_indices is None:
            return tensor
        return tensor.index_select(1, self.packed.sorted_indices)

    def unsort(self, tensor: Tensor) -> Tensor:
        """Return (·, B, ·) with its rows in the caller's order."""
        if self.packed is None or self.packed.unsorted_indices is None:
            return tensor
        return tensor.index_select(1, self.packed.unsorted_indices)
