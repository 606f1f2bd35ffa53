"""One step at a time: drop-ins for `torch.nn.RNNCell`, `GRUCell` and `LSTMCell`.

Streaming, a few rows a step and no gradients wanted, goes straight to the core
(`ops.step`), and so do, with gradients, many rows of a GRU's or LSTM's few units
(`ops.trained_step`). The rest of what torch has, torch's own one-step operator runs; it
has no batching rule, so inside `torch.func` transforms plain operations run instead; in
half precision on the CPU it needs instructions that not every processor has, and
Elman's operators run there too.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.compiler import is_compiling

from elman import ops
from elman.ops import MOST_ROWS, STEPS, step

from ._checks import ShapeError, check_input, check_state
from .tracing._foreign import symbolic_call
from .tracing._scripted import Scriptable

_RNN = {variant: numbers for (cell, variant), numbers in STEPS.items() if cell == "rnn"}
_RESET_AFTER = STEPS.get(("gru", "reset_after"), (0, 0))[0]
_RESET_BEFORE = STEPS.get(("gru", "reset_before"), (0, 0))[0]
_LSTM = STEPS.get(("lstm", "plain"), (0, 0))[0]


class RNNCell(nn.RNNCell, Scriptable):
    """One step of a simple recurrent layer: `torch.nn.RNNCell`, more nonlinearities.

    ``h' = φ(W_ih x + b_ih + W_hh h + b_hh)``

    Parameters
    ----------
    input_size, hidden_size : int
        I and H.
    bias, device, dtype
        As in `torch.nn.RNNCell`.
    nonlinearity : str
        φ: "tanh", "relu", "sigmoid", "identity" or "softplus".

    Raises
    ------
    InputError
        If the nonlinearity is unknown.

    Examples
    --------
    >>> import torch
    >>> RNNCell(3, 5)(torch.zeros(2, 3)).shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        ops.check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, nonlinearity, device, dtype)

    def forward(
        self,
        input: Tensor,  # noqa: A002  torch's own name
        hx: Tensor | None = None,
    ) -> Tensor:
        """Return the next h, (B, H), or (H,) for an input without a batch.

        Parameters
        ----------
        input : Tensor, (B, I) or (I,)
        hx : Tensor, (B, H) or (H,), optional
            The state; zeros if absent.
        """
        if not is_compiling():
            numbers = _RNN.get(self.nonlinearity)
            h = None
            if numbers is not None:
                h = step(*numbers, self._parameters, input, hx, MOST_ROWS)
            if h is None:
                h = symbolic_call(self, input, hx)
            if h is not None:
                return h
        if ("rnn", self.nonlinearity) in ops.STOCK and not _plainly(input):
            return super().forward(input, hx)
        return _step(self, "rnn", self.nonlinearity, input, hx)[0]


class GRUCell(nn.GRUCell, Scriptable):
    """One step of a gated recurrent layer: `torch.nn.GRUCell`, in both its forms.

    The equations are those of `GRU`.

    Parameters
    ----------
    input_size, hidden_size : int
        I and H.
    bias, device, dtype
        As in `torch.nn.GRUCell`.
    reset_after : bool
        As in `GRU`.

    Examples
    --------
    >>> import torch
    >>> GRUCell(3, 5)(torch.zeros(2, 3)).shape
    torch.Size([2, 5])
    """

    reset_after = True

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        reset_after: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.reset_after = reset_after

    def forward(
        self,
        input: Tensor,  # noqa: A002
        hx: Tensor | None = None,
    ) -> Tensor:
        """Return the next h, (B, H), or (H,) for an input without a batch.

        Parameters
        ----------
        input : Tensor, (B, I) or (I,)
        hx : Tensor, (B, H) or (H,), optional
            The state; zeros if absent.
        """
        if not is_compiling():
            cell = _RESET_AFTER if self.reset_after else _RESET_BEFORE
            h = step(cell, 0, self._parameters, input, hx, MOST_ROWS)
            if h is None:
                h = symbolic_call(self, input, hx)
            if h is not None:
                return h
        if self.reset_after and not _plainly(input):
            new = _trained(self, "gru", "reset_after", input, hx)
            return new[0] if new else super().forward(input, hx)
        variant = "reset_after" if self.reset_after else "reset_before"
        return _step(self, "gru", variant, input, hx)[0]

    def extra_repr(self) -> str:
        """Return the arguments that differ from their defaults."""
        text = super().extra_repr()
        return text if self.reset_after else f"{text}, reset_after=False"


class LSTMCell(nn.LSTMCell, Scriptable):
    """One step of a long short-term memory layer: `torch.nn.LSTMCell`.

    The equations are those of `LSTM`; the state is the pair (h, c).

    Parameters
    ----------
    input_size, hidden_size : int
        I and H.
    bias, device, dtype
        As in `torch.nn.LSTMCell`.

    Examples
    --------
    >>> import torch
    >>> h, c = LSTMCell(3, 5)(torch.zeros(2, 3))
    >>> h.shape, c.shape
    (torch.Size([2, 5]), torch.Size([2, 5]))
    """

    def forward(
        self,
        input: Tensor,  # noqa: A002
        hx: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the next (h, c), each (B, H), or (H,) for an input without a batch.

        Parameters
        ----------
        input : Tensor, (B, I) or (I,)
        hx : tuple of Tensor, (B, H) or (H,), optional
            The state; zeros if absent.
        """
        if not is_compiling():
            new = step(_LSTM, 0, self._parameters, input, hx, MOST_ROWS)
            if new is None:
                new = symbolic_call(self, input, hx)
            if new is not None:
                return new
        if not _plainly(input):
            pair = (None, None) if hx is None else hx
            if not isinstance(pair, tuple):
                return super().forward(input, hx)
            new = _trained(self, "lstm", "plain", input, *pair)
            return (new[0], new[1]) if new else super().forward(input, hx)
        h, c = _step(self, "lstm", "plain", input, *(hx or (None, None)))
        return h, c


def _trained(
    cell: nn.RNNCellBase, name: str, variant: str, x: Tensor, *hx: Tensor | None
) -> tuple[Tensor, ...] | None:
    """Run a step that gradients are wanted of, or return None: torch's is to run."""
    if is_compiling():
        return None
    return ops.trained_step(name, variant, cell._parameters, x, hx)


def _plainly(x: Tensor) -> bool:
    """Say whether Elman's operators run the step in place of torch's."""
    if ops.computes_in_half(x):
        return True
    if is_compiling():
        return False
    return torch._C._functorch.peek_interpreter_stack() is not None


def _step(
    cell: nn.RNNCellBase, name: str, variant: str, x: Tensor, *hx: Tensor | None
) -> tuple[Tensor, ...]:
    """Run what torch's operator does not know, for one step."""
    kind = type(cell).__name__
    if x.dim() not in (1, 2):
        raise ShapeError(f"{kind}: Expected input to be 1D or 2D, got {x.dim()}D")
    unbatched = x.dim() == 1
    x = x.unsqueeze(0) if unbatched else x
    check_input(x, cell.input_size, cell.weight_ih.dtype)
    expected = (x.shape[0], cell.hidden_size)
    states = []
    for given in hx:
        if given is None:
            states.append(x.new_zeros(expected))
        else:
            states.append(given.unsqueeze(0) if unbatched else given)
            check_state("hx", states[-1], expected, x.dtype)
    weights = ops.Weights(cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
    call = ops.Call(name, variant, x.unsqueeze(0), tuple(states), weights)
    stored = ops.stored_in(call)
    if stored is None:
        state = ops.run(call).state
    else:
        if name != "rnn":  # their equations end with the state, and take its dtype
            stored = torch.promote_types(stored, states[0].dtype)
        state = ops.run_widened(call, stored, ops.run).state
    return tuple(s.squeeze(0) if unbatched else s for s in state)
