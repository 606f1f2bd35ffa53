"""One step at a time of any cell that is given as its equations."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from elman import cells, ops
from elman._arguments import true_or_false, whole_number
from elman._errors import InputError

from ._cell_parameters import add_parameters, draw_parameters, parameters_of
from ._checks import ShapeError, check_input, check_state
from .tracing._scripted import Unscriptable


class OneStep(Unscriptable, nn.Module):
    """One step of a cell, as `elman.LSTMCell` is one of `elman.LSTM`.

    Parameters
    ----------
    cell : Cell
    input_size, hidden_size : int
        I and H.
    bias : bool
        Whether sums of products start from a bias.
    device, dtype
        Of the parameters, which are named as `elman.cells.shapes` names them.

    Raises
    ------
    InputError
        If an argument or the cell's equations cannot be used.

    Examples
    --------
    >>> import torch
    >>> from elman.cells import find
    >>> h, z = OneStep(find("cornn")(), 3, 5)(torch.zeros(2, 3))
    >>> h.shape, z.shape
    (torch.Size([2, 5]), torch.Size([2, 5]))
    """

    def __init__(
        self,
        cell: cells.Cell,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if not isinstance(cell, cells.Cell):
            raise InputError(f"cell: expected an elman.Cell, got {cell!r}")
        self.cell, self.bias_given = cell, true_or_false("bias", bias)
        self.input_size = whole_number("input_size", input_size)
        self.hidden_size = whole_number("hidden_size", hidden_size)
        sizes = self.input_size, self.hidden_size
        self._names: list[str] = []
        self._names = add_parameters(
            self, cell, sizes, bias=bias, device=device, dtype=dtype
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, as the cell starts them."""
        sizes = self.input_size, self.hidden_size
        draw_parameters(self, self.cell, sizes, self._names)

    def forward(self, input: Tensor, hx: Any = None) -> Any:  # noqa: A002
        """Return the next states: a tensor, or a tuple where there are several.

        Parameters
        ----------
        input : Tensor, (B, I) or (I,)
        hx : Tensor or tuple of Tensor, (B, H) or (H,), optional
            The states; zeros if absent.

        Raises
        ------
        InputError
            If shapes or dtypes do not fit.
        """
        kind = type(self.cell).__name__
        if not isinstance(input, Tensor) or input.dim() not in (1, 2):
            got = f"{input.dim()}D" if isinstance(input, Tensor) else type(input)
            raise ShapeError(f"{kind}: Expected input to be 1D or 2D, got {got}")
        own = parameters_of(self, self.cell, self._names)
        x = torch.atleast_2d(input)
        check_input(x, self.input_size, own["weight_ih"].dtype)
        state = self._states(x, hx, input.dim() == 1)
        call = ops.Call(kind, "", x.unsqueeze(0), state, own, equations=self.cell)  # type: ignore[arg-type]
        last = ops.run(call).state
        if input.dim() == 1:
            last = tuple(s.squeeze(0) for s in last)
        return last if len(last) > 1 else last[0]

    def _states(self, x: Tensor, hx: Any, unbatched: bool) -> tuple[Tensor, ...]:
        expected, names = (len(x), self.hidden_size), self.cell.states
        if hx is None:
            return tuple(x.new_zeros(expected) for _ in names)
        given = (hx,) if len(names) == 1 else hx
        if not isinstance(given, tuple | list) or len(given) != len(names):
            raise InputError(
                f"hx: expected the {len(names)} states ({', '.join(names)}), got "
                f"{type(hx).__name__}"
            )
        found = []
        for name, state in zip(names, given, strict=True):
            if unbatched and isinstance(state, Tensor):
                state = state.unsqueeze(0)
            check_state(name, state, expected, x.dtype)
            found.append(state)
        return tuple(found)

    def extra_repr(self) -> str:
        """Return the arguments that differ from their defaults."""
        words = [str(self.input_size), str(self.hidden_size)]
        words += [] if self.bias_given else ["bias=False"]
        return ", ".join(words + self.cell.written_options())

    def _get_name(self) -> str:
        return f"{type(self.cell).__name__}Cell"
