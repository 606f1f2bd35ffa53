"""Gradients of a call that is computed again, where a kernel's own will not do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Compute = Callable[[list[Any]], tuple[Sequence[Tensor], Sequence[Tensor | None]]]
"""From a call's tensors to results and the gradient that is given of each."""


def gradients_again(
    compute: Compute, tensors: Sequence[Tensor | None], wanted: Sequence[bool]
) -> tuple[Tensor | None, ...]:
    """Return the gradients of what is computed again, if need be differentiable.

    To be called in a backward pass; with ``create_graph=True`` they have a graph.

    Parameters
    ----------
    compute : callable
        See `Compute`.
    tensors : sequence of Tensor or None
        What it is computed from.
    wanted : sequence of bool
        Which of them need a gradient.
    """
    create = torch.is_grad_enabled()
    # What a forward pass computed inside autocast was widened first.
    with torch.enable_grad(), torch.autocast("cpu", enabled=False):
        # Aliases: one input may be a function of another, and its share of the
        # gradient is the outer graph's to add.
        t: list[Any] = [None if v is None else v.view_as(v) for v in tensors]
        if not create:
            t = [None if v is None else v.detach().requires_grad_() for v in t]
        outputs, given = compute(t)
    pairs = [
        (o, g)
        for o, g in zip(outputs, given, strict=True)
        if g is not None and o.requires_grad
    ]
    places = [k for k, want in enumerate(wanted) if want]
    if not pairs:
        return (None,) * len(tensors)
    found = torch.autograd.grad(
        [o for o, _ in pairs],
        [t[k] for k in places],
        [g for _, g in pairs],
        create_graph=create,
        allow_unused=True,
    )
    by_place = dict(zip(places, found, strict=True))
    return tuple(by_place.get(k) for k in range(len(tensors)))
