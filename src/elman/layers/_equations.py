"""Layers of any cell that is given as its equations."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any, Literal

from torch import Tensor
from torch.compiler import is_compiling

from elman import cells, ops
from elman._arguments import share, true_or_false, whole_number
from elman._errors import InputError

from ._base import Recurrent
from ._cell_parameters import add_parameters, draw_parameters, parameters_of
from ._noise import Zoneout, first_parts
from .batch._batch import States
from .fast._equations import fast_call
from .tracing._foreign import eagerly, symbolic_call
from .tracing._scripted import Unscriptable


class CellLayer(Unscriptable, Recurrent):
    """Layers of a cell: stacked, in one or two directions, as `elman.LSTM`'s are.

    Parameters
    ----------
    cell : Cell
    input_size, hidden_size : int
        I and H.
    num_layers : int
        Layers stacked, L.
    bias : bool
        Whether sums of products start from a bias.
    batch_first : bool
        Input and output are (B, T, ·).
    dropout : float
        Between layers, in training.
    bidirectional : bool
    device, dtype
        Of the parameters.
    recurrent_dropout : float
        Share of a state left out where it meets recurrent weights: in training one
        mask a sequence, layer and direction. Gal and Ghahramani 2016.
    zoneout : float or tuple of float
        Share of the units that keep their old state, of all states or of each, drawn
        at every step in training; in evaluation the mean. Krueger et al. 2017.
    learn_initial_state : bool
        Start from parameters, where no state is given: ``h_0`` and so on.
    stateful : bool or "detached"
        Start where the last call ended, unless a state is given.
    state_batch_first : bool
        States are (B, L·D, ·), in and out.

    Raises
    ------
    InputError
        If an argument or the cell's equations cannot be used.

    Notes
    -----
    Parameters are named ``weight_ih_l0``, ``weight_hh_l0_reverse`` and so on: see
    `elman.cells.shapes`. Those with limits are moved back between them before a call.
    """

    _of_equations = True

    def __init__(
        self,
        cell: cells.Cell,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        recurrent_dropout: float = 0.0,
        zoneout: Zoneout = 0.0,
        learn_initial_state: bool = False,
        stateful: bool | Literal["detached"] = False,
        state_batch_first: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(cell, cells.Cell):
            raise InputError(f"cell: expected an elman.Cell, got {cell!r}")
        self.cell, step = cell, cell.traced
        self._key = ops.key_of(cell)
        self.input_size = whole_number("input_size", input_size)
        self.hidden_size = whole_number("hidden_size", hidden_size)
        self.num_layers = whole_number("num_layers", num_layers)
        self.bias = true_or_false("bias", bias)
        self.batch_first = true_or_false("batch_first", batch_first)
        self.dropout = share("dropout", dropout, zero=True)
        self.bidirectional = true_or_false("bidirectional", bidirectional)
        self._dropped = step.dropped
        first_parts(cell)  # says so where its parts are no states
        if dropout and num_layers == 1:
            warnings.warn(
                f"dropout={dropout} is for between layers, and there is only one; use "
                "num_layers=2 or more, or recurrent_dropout",
                stacklevel=2,
            )
        for transform in cell.transforms.values():
            if num_layers > 1 and getattr(transform, "own_columns", False):
                raise InputError(
                    f"num_layers={num_layers}: {cell!r} reads a column of its input, "
                    "which the layers above it have not; take num_layers=1 and put "
                    "further layers behind it"
                )
        if recurrent_dropout:
            cells.noisy(step, dropout=True)  # says so where it hides nothing
        self._all_weights: list[list[str]] = []
        for place, inputs in enumerate(self._inputs()):
            sizes, ending = (inputs, hidden_size), self._ending(place)
            names = add_parameters(
                self, cell, sizes, ending, bias, device=device, dtype=dtype
            )
            self._all_weights.append(names)
        self._extend(
            recurrent_dropout,
            zoneout,
            learn_initial_state,
            stateful,
            state_batch_first,
        )
        self.reset_parameters()

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, n) for n in names] for names in self._all_weights]

    def _inputs(self) -> Iterator[int]:
        """Yield the width of the input of each layer and direction."""
        directions = 2 if self.bidirectional else 1
        for k in range(self.num_layers):
            width = directions * self.hidden_size if k else self.input_size
            yield from [width] * directions

    def _ending(self, place: int) -> str:
        directions = 2 if self.bidirectional else 1
        return f"_l{place // directions}{'_reverse' * (place % directions)}"

    def _draw_weights(self) -> None:
        for place, inputs in enumerate(self._inputs()):
            sizes, names = (inputs, self.hidden_size), self._all_weights[place]
            draw_parameters(self, self.cell, sizes, names, self._ending(place))

    def flatten_parameters(self) -> None:
        """Do nothing: code written for torch's layers calls it before a call."""

    @property
    def _kind(self) -> str:
        return type(self.cell).__name__

    def _state_widths(self) -> tuple[tuple[str, int], ...]:
        return tuple((f"{s}_0", self.hidden_size) for s in self.cell.states)

    def _quick(self, x: Any, hx: Any, lengths: Any) -> tuple[Any, Any] | None:
        if is_compiling():
            if ops.exporting() or self._in_graph(x):
                return None
            # A graph would hold the loop's steps one by one.
            return eagerly(self, x, hx, lengths)  # type: ignore[no-any-return]
        found = fast_call(self, x, hx, lengths)
        if found is None:
            found = symbolic_call(self, x, hx, lengths=lengths)
        return found

    def _in_graph(self, x: Any) -> bool:
        """Say whether a compiler is to have a call as operators."""
        if not isinstance(x, Tensor) or x.is_nested or x.dim() not in (2, 3):
            return False
        return ops.core_traces_program(self._key, x.device.type, x.dtype)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.__dict__["_key"] = ops.key_of(self.cell)

    def _all_weights_by_place(self) -> list[dict[str, Tensor]]:
        return [
            parameters_of(self, self.cell, names, self._ending(place))
            for place, names in enumerate(self._all_weights)
        ]

    def _call(self, weights: Any, x: Tensor, state: States, **how: Any) -> ops.Call:
        name = type(self.cell).__name__
        how |= {"equations": self.cell, "key": self._key}
        return ops.Call(name, "", x, state, weights, **how)

    def _get_name(self) -> str:
        return self._kind if type(self) is CellLayer else type(self).__name__

    def extra_repr(self) -> str:
        """Return the arguments that differ from their defaults."""
        words = [str(self.input_size), str(self.hidden_size)]
        defaults = inspect.signature(CellLayer.__init__).parameters
        for name in ("num_layers", "bias", "batch_first", "dropout", "bidirectional"):
            value = getattr(self, name)
            if value != defaults[name].default:
                words.append(f"{name}={value!r}")
        words += [*self.cell.written_options(), super().extra_repr()]
        return ", ".join(word for word in words if word)
