"""What one operator call is: one layer, one direction, one batch.

Axes, here and below: T time, B batch, I input, H hidden, G gates (RNN 1, GRU 3,
LSTM 4), P projection. Sequences are (T, B, ·), states are (B, ·).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from elman.cells import Cell


class Weights(NamedTuple):
    """The parameters of one layer in one direction, in torch's names and gate order.

    Attributes
    ----------
    w_ih : Tensor, (G·H, I)
        Input weights, gates stacked: GRU r|z|n, LSTM i|f|g|o.
    w_hh : Tensor, (G·H, H) or (G·H, P)
        Recurrent weights.
    b_ih, b_hh : Tensor, (G·H,), optional
        The two biases; both or neither.
    w_hr : Tensor, (P, H), optional
        The LSTM's projection.
    """

    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor | None = None
    b_hh: Tensor | None = None
    w_hr: Tensor | None = None

    def tensors(self) -> list[Tensor]:
        """Those present, in the order torch's own operators take them."""
        return [tensor for tensor in self if tensor is not None]


class Noise(NamedTuple):
    """What a run holds back of its states, drawn before it starts.

    Drawn by the caller, so that a path stays a function of its arguments.

    Attributes
    ----------
    recurrent : Tensor, (B, H) or (B, P), or tuple of Tensor, optional
        The factor m on h where it meets recurrent weights, W_hh (m ∘ h_{t−1}), the
        same at every step. The carried state itself, as in the GRU's z ∘ h_{t−1},
        is not touched. Of a cell given as equations one for each state that its
        recurrent weights may see less of.
    stays : tuple, one entry a state
        How much of a state stays as it was: a bool tensor (T, B, ·), true where it
        does, or a number, the share of the old state in a mean of both, or None.
    """

    recurrent: Tensor | tuple[Tensor, ...] | None = None
    stays: tuple[Tensor | float | None, ...] = ()


class Call(NamedTuple):
    """Everything a path needs to run one layer in one direction.

    Attributes
    ----------
    cell : str
        "rnn", "gru" or "lstm", or the name of the cell of ``equations``.
    variant : str
        The RNN's nonlinearity; the GRU's "reset_after" or "reset_before"; the
        LSTM's "plain" or "projected"; nothing for ``equations``.
    x : Tensor, (T, B, I)
    state : tuple of Tensor
        (h_0,) or (h_0, c_0), each (B, ·).
    weights : Weights or mapping of str to Tensor
        The parameters; by name those of ``equations``.
    lengths : Tensor of int64, (B,), optional
        Steps of each row, 0 to T; None means T for all.
    reverse : bool
        Run each row from its own last step to its first.
    trace : bool
        Return every step's state and gates as well.
    noise : Noise, optional
    equations : Cell, optional
        The cell, where it is not one of the three.
    key : str
        Its word, see `_cell_keys`; for compilers alone.
    """

    cell: str
    variant: str
    x: Tensor
    state: tuple[Tensor, ...]
    weights: Weights
    lengths: Tensor | None = None
    reverse: bool = False
    trace: bool = False
    noise: Noise | None = None
    equations: Cell | None = None
    key: str = ""

    @property
    def parameters(self) -> Mapping[str, Tensor]:
        """The weights of ``equations``, by name."""
        return self.weights  # type: ignore[return-value]

    def tensors(self) -> Iterator[Tensor | None]:
        """Return all tensors that are computed with."""
        yield self.x
        yield self.lengths
        yield from self.state
        if self.equations is None:
            yield from self.weights
        else:
            yield from self.parameters.values()

    def split(self) -> tuple[list[Tensor], Callable[[Sequence[Tensor]], Call]]:
        """Return what can be differentiated, and how to put others in its place.

        Returns
        -------
        tensors : list of Tensor
            x, the states, the weights present.
        join : callable
            From such a list to a call that is otherwise this one. It keeps none of
            this call's tensors but the lengths alive.
        """
        count = 1 + len(self.state)
        present = [tensor is not None for tensor in self.weights]
        bare = self._replace(x=_NOTHING, state=(), weights=_NO_WEIGHTS)

        def join(tensors: Sequence[Tensor]) -> Call:
            rest = iter(tensors[count:])
            weights = Weights(*(next(rest) if p else None for p in present))  # type: ignore[arg-type]
            return bare._replace(
                x=tensors[0], state=tuple(tensors[1:count]), weights=weights
            )

        return [self.x, *self.state, *self.weights.tensors()], join


_NOTHING = torch.empty(0)
_NO_WEIGHTS = Weights(_NOTHING, _NOTHING)


class Result(NamedTuple):
    """What a path returns.

    Attributes
    ----------
    y : Tensor, (T, B, H) or (T, B, P)
        Zero beyond each row's length.
    state : tuple of Tensor
        Each row's last state; its initial state if its length is zero.
    trace : dict of str to Tensor, (T, B, ·)
        Empty unless asked for.
    """

    y: Tensor
    state: tuple[Tensor, ...]
    trace: dict[str, Tensor]
