"""Run a model in odd ways, and put everything back."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elman._errors import InputError

from ._contents import Contents
from ._graphs import graphs_kept


@contextmanager
def preserved(model: nn.Module) -> Iterator[None]:
    """Leave a model as it is found, error or not.

    Attributes (an instance's own forward and a state carried over among them), what
    lists, dictionaries, arrays, tensors and generators in them hold, parameters,
    buffers, modules, training flags, ``requires_grad`` and the random states (torch's,
    NumPy's and Python's own) come back. Values and gradients of the weights are the
    block's to leave alone, but for those that a call moves back between their limits.
    Inside, nothing runs compiled, and nothing that is checkpointed runs twice.
    """
    kept = [(m, dict(m.__dict__)) for m in model.modules()]
    inside = Contents([*(v for _, known in kept for v in known.values())])
    inside.add(_limited(model))
    tables: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (table, dict(table))
        for m in model.modules()
        for table in (m._parameters, m._buffers, m._modules)
    ]
    buffers = [(b, b.detach().clone()) for b in model.buffers()]
    wanted = [(p, p.requires_grad) for p in model.parameters()]
    gpus = sorted({p.device for p in model.parameters() if p.is_cuda}, key=str)
    with (
        torch.random.fork_rng(devices=gpus),
        drawn_alike(),
        _uncompiled(model),
        graphs_kept(),
    ):
        try:
            with torch.inference_mode(False), torch.enable_grad():
                detach_states(model)  # of a call before, whose graph may be gone
                yield
        finally:
            for module, attributes in kept:
                module.__dict__.clear()
                module.__dict__.update(attributes)
            inside.restore()
            for table, known in tables:
                table.clear()
                table.update(known)
            for parameter, flag in wanted:
                parameter.requires_grad_(flag)
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)


def detach_states(model: nn.Module) -> None:
    """Cut the states that modules carry over from the graph of the calls before.

    Those that a layer keeps, and those that a model keeps in its attributes.
    """
    for module in model.modules():
        for name, value in list(module.__dict__.items()):
            if _made(value):
                module.__dict__[name] = _cut(value)
        detach: Any = getattr(module, "detach_state", None)
        if detach is not None and getattr(module, "stateful", False):
            detach()


def _made(value: Any) -> bool:
    """Whether a tensor, or one in a tuple, has a graph behind it."""
    if isinstance(value, tuple):
        return any(map(_made, value))
    return isinstance(value, Tensor) and value.grad_fn is not None


def _cut(value: Any) -> Any:
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(map(_cut, value))
    return value.detach() if isinstance(value, Tensor) else value


def _limited(model: nn.Module) -> list[Tensor]:
    """Return the parameters that a call moves back between their limits."""
    found: list[Tensor] = []
    for module in model.modules():
        limits = getattr(getattr(module, "cell", None), "limits", None)
        if isinstance(limits, dict) and limits:
            found += list(module.parameters(recurse=False))
    return found


@contextmanager
def drawn_alike() -> Iterator[None]:
    """Bring back the states of Python's and NumPy's global generators."""
    own, numpys = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(own)
        np.random.set_state(numpys)


@contextmanager
def _uncompiled(model: nn.Module) -> Iterator[None]:
    """Run what was compiled as it was written, so that its layers are seen."""
    with ExitStack() as stack:
        if "torch._dynamo" in sys.modules:
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        for module in model.modules():  # preserved brings it back
            module.__dict__["_compiled_call_impl"] = None
        yield


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside what torch.compile or DistributedDataParallel wraps.

    Raises
    ------
    InputError
        If it is no module.
    """
    if not isinstance(model, nn.Module):
        raise InputError(
            f"model: got {type(model).__name__}; give a torch.nn.Module that holds a "
            "recurrent layer"
        )
    for name in ("_orig_mod", "module"):
        inner = getattr(model, name, None)
        wraps = name == "_orig_mod" or isinstance(
            model, (nn.parallel.DistributedDataParallel, nn.DataParallel)
        )
        if wraps and isinstance(inner, nn.Module):
            return unwrapped(inner)
    return model
