"""Run a model in odd ways, and put everything back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


@contextmanager
def preserved(model: nn.Module) -> Iterator[None]:
    """Leave a model as it is found, error or not.

    Attributes (an instance's own forward among them), parameters, buffers, modules,
    training flags, ``requires_grad`` and the random state come back. Values and
    gradients of the weights are the block's to leave alone.
    """
    kept = [(m, dict(m.__dict__)) for m in model.modules()]
    tables: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (table, dict(table))
        for m in model.modules()
        for table in (m._parameters, m._buffers, m._modules)
    ]
    buffers = [(b, b.detach().clone()) for b in model.buffers()]
    wanted = [(p, p.requires_grad) for p in model.parameters()]
    gpus = sorted({p.device for p in model.parameters() if p.is_cuda}, key=str)
    with torch.random.fork_rng(devices=gpus):
        try:
            with torch.enable_grad():
                yield
        finally:
            for module, attributes in kept:
                module.__dict__.clear()
                module.__dict__.update(attributes)
            for table, content in tables:
                table.clear()
                table.update(content)
            for parameter, flag in wanted:
                parameter.requires_grad_(flag)
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside what torch.compile or DistributedDataParallel wraps."""
    for name in ("_orig_mod", "module"):
        inner = getattr(model, name, None)
        wraps = name == "_orig_mod" or isinstance(
            model, (nn.parallel.DistributedDataParallel, nn.DataParallel)
        )
        if wraps and isinstance(inner, nn.Module):
            return unwrapped(inner)
    return model
