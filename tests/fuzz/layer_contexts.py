"""What may be active around a call: modes, hooks, autocast, who looks on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch.autograd import forward_ad
from torch.autograd.graph import save_on_cpu, saved_tensors_hooks
from torch.overrides import TorchFunctionMode
from torch.testing._internal.logging_tensor import LoggingTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode


class PassingDispatch(TorchDispatchMode):
    """Sees every operator, changes none."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return func(*args, **(kwargs or {}))


class PassingFunction(TorchFunctionMode):
    """Sees every function, changes none."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def threads(count: int) -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


CONTEXTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "saved_hooks": lambda: saved_tensors_hooks(lambda t: t.clone(), lambda t: t),
    "saved_numpy": lambda: saved_tensors_hooks(
        lambda t: (t.detach().double().numpy().copy(), t.dtype),
        lambda kept: torch.from_numpy(kept[0]).to(kept[1]),
    ),
    "save_on_cpu": save_on_cpu,
    "dispatch_mode": PassingDispatch,
    "function_mode": PassingFunction,
    "logging_mode": LoggingTensorMode,
    "flop_counter": lambda: FlopCounterMode(display=False),
    "anomaly": lambda: torch.autograd.detect_anomaly(check_nan=False),
    "device": lambda: torch.device("cpu"),
    "dual_level": forward_ad.dual_level,
    "two_threads": lambda: threads(2),
    "multithreading": lambda: torch.autograd.set_multithreading_enabled(False),
    "mkldnn_off": lambda: torch.backends.mkldnn.flags(enabled=False),
}
