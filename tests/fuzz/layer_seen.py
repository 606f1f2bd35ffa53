"""What a call shows, by name: outputs and gradients with fixed weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from fuzz.layer_problem import Problem

Seen = dict[str, Any]
Driver = Callable[[Problem], Seen]


def cotangent(t: Tensor) -> Tensor:
    """Return fixed numbers to weigh an output with."""
    numbers = torch.arange(t.numel(), dtype=torch.float64).add(1).cos()
    return numbers.reshape(t.shape).to(t.dtype)


def loss(outputs: tuple[Tensor, ...]) -> Tensor:
    return torch.stack([(o * cotangent(o)).sum() for o in outputs]).sum()


def named(outputs: tuple[Tensor, ...]) -> Seen:
    return {f"output {i}": o for i, o in enumerate(outputs)}


def some(y: Tensor) -> Tensor:
    """At most 64 of the numbers, evenly spread: each costs a backward pass."""
    return y.reshape(-1)[:: 1 + y.numel() // 64]


def with_gradients(p: Problem, outputs: tuple[Tensor, ...]) -> Seen:
    seen = named(outputs)
    leaves = p.leaves()
    wanted = [o for o in outputs if o.requires_grad]
    if leaves and wanted:
        grads = torch.autograd.grad(
            loss(tuple(wanted)), [t for _, t in leaves], allow_unused=True
        )
        seen |= {f"d {n}": g for (n, _), g in zip(leaves, grads, strict=True)}
    return seen
