"""Torch's modes and defaults, as Elman's own work needs them.

A caller's default dtype, default device, autocast or inference mode are meant for the
caller's networks. A network that Elman builds and trains itself is float32 on the CPU.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch import nn

_F = TypeVar("_F", bound=Callable[..., Any])

_lock = threading.Lock()
_inside = 0
_before = torch.float32


@contextlib.contextmanager
def gradients() -> Iterator[None]:
    """Record gradients in what follows, whatever ``no_grad`` or inference mode say."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


@contextlib.contextmanager
def device_of(found: torch.device) -> Iterator[None]:
    """Let tensors without a device be made on this one in what follows.

    Where that is the default nothing is entered: torch keeps a default device as a
    mode, and layers take the quick ways only where no mode is active.
    """
    if torch.get_default_device().type == found.type:
        yield
        return
    with found:
        yield


def beside(function: _F) -> _F:
    """Run a function of a module with gradients, its new tensors where the module is.

    Only a module on the CPU needs that: others may count on the caller's default.
    """

    @functools.wraps(function)
    def run(model: Any, *args: Any, **options: Any) -> Any:
        first = next(model.parameters(), None) if isinstance(model, nn.Module) else None
        on_cpu = first is None or first.device.type == "cpu"
        where = torch.device("cpu") if on_cpu else torch.get_default_device()
        with gradients(), device_of(where):
            return function(model, *args, **options)

    return run  # type: ignore[return-value]


@contextlib.contextmanager
def own_modes() -> Iterator[None]:
    """Build and run what follows as estimators do: float32, CPU, gradients recorded.

    Autocast is off. All of the caller's choices come back at the end.
    """
    with (
        gradients(),
        device_of(torch.device("cpu")),
        torch.autocast("cpu", enabled=False),
        _float32(),
    ):
        yield


@contextlib.contextmanager
def _float32() -> Iterator[None]:
    """Make float32 the default dtype, which is one for all threads."""
    global _inside, _before
    with _lock:
        if not _inside:
            _before = torch.get_default_dtype()
        _inside += 1
        if _before != torch.float32:
            torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        # The last of several fits side by side brings the caller's back.
        with _lock:
            _inside -= 1
            if not _inside and _before != torch.float32:
                torch.set_default_dtype(_before)
