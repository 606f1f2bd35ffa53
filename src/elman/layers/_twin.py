"""What the layers share that stand in the place of one of torch's."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch import Tensor
from torch.compiler import is_compiling
from torch.nn import RNNBase
from torch.nn.utils.rnn import PackedSequence

from elman import ops

from ._base import Recurrent
from ._flat_weights import FlatWeights
from ._flatten import flatten
from .batch._batch import States
from .fast._twins import fast_call, fast_noisy_call
from .tracing._compiled import compiled_call
from .tracing._foreign import foreign_call
from .tracing._graphs import let_into_graphs, when_compiler_loads
from .tracing._scripted import Scriptable
from .tracing._torch_call import torch_call


class Twin(Recurrent, FlatWeights, Scriptable):
    """A layer with a class of torch's behind it.

    Parameters, their names, order and initial values are those of `torch.nn`, so
    a state_dict goes either way.
    """

    __jit_unused_properties__ = ["all_weights", "_cell", "_kind"]  # noqa: RUF012  torch's form

    @property
    @abstractmethod
    def _cell(self) -> tuple[str, str]:
        """The cell and its variant, as `elman.ops.Call` names them."""

    @property
    def _kind(self) -> str:
        return self.mode.split("_")[0]

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
        """Run the layer: as `Recurrent.forward`, without its questions if it may."""
        if not is_compiling() and (self._by_name or self._weights_are_named()):
            quick = fast_call(self, input, hx, lengths)
            if quick is None and self._beyond and lengths is None:
                quick = fast_noisy_call(self, input, hx)
            if quick is not None:
                return quick
        return super().forward(input, hx, lengths=lengths)

    def _quick(self, x: Any, hx: Any, lengths: Any) -> tuple[Any, Any] | None:
        compiling = is_compiling()
        quick = None
        if compiling and lengths is None:
            quick = compiled_call(self, x, hx)
        if quick is None:
            quick = foreign_call(self, x, hx, lengths)
        if quick is None and lengths is None and not compiling:
            quick = torch_call(self, x, hx)
        return quick

    def _call(self, weights: Any, x: Tensor, state: States, **how: Any) -> ops.Call:
        return ops.Call(*self._cell, x, state, weights, **how)

    def _draw_weights(self) -> None:
        RNNBase.reset_parameters(self)

    def _state_widths(self) -> tuple[tuple[str, int], ...]:
        return (("h_0", self.hidden_size),)

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


Twin.forward.__doc__ = Recurrent.forward.__doc__
when_compiler_loads(lambda: let_into_graphs(Twin))
