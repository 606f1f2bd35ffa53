"""Faults to plant in a process, to see that the draws find them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

import elman


def _forward(change: Callable[[Any, Any, Any], Any]) -> None:
    """Let layers first look at what they are called with."""
    for layer in (elman.RNN, elman.GRU, elman.LSTM):
        original = layer.forward

        def forward(
            self: Any, x: Any, hx: Any = None, *, original: Any = original, **more: Any
        ) -> Any:
            return change(lambda hx: original(self, x, hx, **more), self, hx)

        layer.forward = forward  # type: ignore[method-assign]


def no_state_under_modes() -> None:
    """A layer that forgets its initial state while a mode is active."""

    def change(call: Any, layer: Any, hx: Any) -> Any:
        return call(None if torch._C._len_torch_dispatch_stack() else hx)

    _forward(change)


def stale_weights() -> None:
    """A layer that does not see its weights edited, where torch does not count it."""
    kept: dict[int, Any] = {}

    def change(call: Any, layer: Any, hx: Any) -> Any:
        if torch.is_grad_enabled():
            return call(hx)
        now = tuple((id(w), w._version) for w in layer.parameters())
        if kept.get(id(layer), (None,))[0] != now:
            kept[id(layer)] = now, call(hx)
        return kept[id(layer)][1]

    _forward(change)


def crash_on_subclasses() -> None:
    """A layer that ends the process where its weights are a subclass's."""

    def change(call: Any, layer: Any, hx: Any) -> Any:
        if any(type(w) is not torch.nn.Parameter for w in layer.parameters()):
            os.abort()
        return call(hx)

    _forward(change)


def wrong_gradient() -> None:
    """A backward pass that is a thousandth too large."""

    def change(call: Any, layer: Any, hx: Any) -> Any:
        y, state = call(hx)
        if isinstance(y, torch.Tensor) and y.requires_grad:
            y = y * 1.001 - 0.001 * y.detach()
        return y, state

    _forward(change)


FAULTS = {
    f.__name__: f
    for f in (no_state_under_modes, stale_weights, crash_on_subclasses, wrong_gradient)
}
