"""Whose weights a layer computes with: those by name, or a list it was given.

torch's layers compute with ``_flat_weights``, a list that they fill from their named
weights, and anew when one of these has changed. Programs that drop or share weights put
their own list there. So this says which of the two counts, as torch does.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import RNNBase

from .tracing._graphs import when_compiler_loads


class _Watched:
    """The list as an attribute: whoever had it in hand may have changed it."""

    def __get__(self, layer: Any, owner: Any = None) -> Any:
        if layer is None:
            return self
        own = layer.__dict__
        if "_flat_weights" not in own:
            raise AttributeError("_flat_weights")
        if own.get("_by_name") and layer._list_is_stale():
            layer._init_flat_weights()  # the names counted, whatever the list said
        own["_by_name"] = False
        return own["_flat_weights"]

    def __set__(self, layer: Any, flat: Any) -> None:
        layer.__dict__["_flat_weights"] = flat
        layer.__dict__["_by_name"] = False


class FlatWeights(RNNBase):
    """A recurrent layer with named weights, and torch's flat list of them."""

    _flat_weights = _Watched()  # type: ignore[assignment]
    _by_name = False
    """True: nobody has had the list in hand since it was filled from the names."""

    def _init_flat_weights(self) -> None:
        super()._init_flat_weights()
        self.__dict__["_by_name"] = True

    def __setattr__(self, name: str, value: Any) -> None:
        known = self.__dict__.get("_by_name")
        super().__setattr__(name, value)
        if known and name != "_flat_weights":  # torch's own look into the list
            self.__dict__["_by_name"] = True

    def _weights_are_named(self) -> bool:
        """Say whether the layer computes with the weights that its names give."""
        if self._by_name:
            return True
        if self._weights_have_changed():  # then torch fills the list anew
            self.__dict__["_by_name"] = True
            return True
        return self._list_is_named()

    def _list_is_stale(self) -> bool:
        named = (getattr(self, name, None) for name in self._flat_weights_names)
        pairs = zip(self.__dict__["_flat_weights"], named, strict=False)
        return any(new is not None and old is not new for old, new in pairs)

    def _list_is_named(self) -> bool:
        flat: list[Tensor] = self.__dict__["_flat_weights"]
        names = self._flat_weights_names
        return len(flat) == len(names) and all(
            weight is getattr(self, name, None)
            for weight, name in zip(flat, names, strict=True)
        )


def _keep_out_of_graphs() -> None:
    # Until torch 2.12 the tracer takes an entry of ``__dict__`` for the attribute, and
    # would follow `_Watched` without end.
    if tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13):
        looks: Any = torch.compiler.disable(FlatWeights._list_is_named)
        FlatWeights._list_is_named = looks  # type: ignore[method-assign]
        gets: Any = torch.compiler.disable(_Watched.__get__)
        _Watched.__get__ = gets  # type: ignore[method-assign]


when_compiler_loads(_keep_out_of_graphs)
