"""A second derivative for kernels that have only a first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from ._call import Call, Result
from ._composite import run as run_composite

Join = Callable[[Sequence[Tensor]], Call]


def twice_differentiable(kernel: Callable[[Call], Result], call: Call) -> Result:
    """Run a kernel so that its gradient can itself be differentiated.

    The first derivative is the kernel's own. Only if it is asked for with
    ``create_graph=True`` is the call computed again, in the composite path, whose
    derivatives exist to any order.

    Parameters
    ----------
    kernel : callable
        Serves the call, differentiable once.
    call : Call

    Returns
    -------
    Result
        Without a trace.
    """
    if not torch.is_grad_enabled():
        return kernel(call)
    tensors, join = call.split()
    if not any(t.requires_grad for t in tensors):
        return kernel(call)
    y, *state = _Twice.apply(kernel, join, *tensors)
    return Result(y, tuple(state), {})


class _Twice(Function):
    """The kernel with its own graph inside, and the composite path behind it."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, kernel: Callable[[Call], Result], join: Join, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            inner = [t.detach().requires_grad_(t.requires_grad) for t in tensors]
            result = kernel(join(inner))
        outputs = (result.y, *result.state)
        ctx.join, ctx.count = join, len(tensors)
        # Saved, not kept on ctx, so that a backward frees the inner graph as well.
        ctx.save_for_backward(*tensors, *inner, *outputs)
        return tuple(output.detach() for output in outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        n = ctx.count
        tensors, inner, outputs = (
            ctx.saved_tensors[:n],
            ctx.saved_tensors[n : 2 * n],
            ctx.saved_tensors[2 * n :],
        )
        again = torch.is_grad_enabled()
        if again:
            # Aliases: one input may be a function of another, and its share of the
            # gradient is the outer graph's to add.
            inner = [t.view_as(t) for t in tensors]
            result = run_composite(ctx.join(inner))
            outputs = (result.y, *result.state)
        wanted = [k for k in range(n) if ctx.needs_input_grad[2 + k]]
        found = torch.autograd.grad(
            outputs,
            [inner[k] for k in wanted],
            grads,
            create_graph=again,
            retain_graph=True,
            allow_unused=True,
        )
        by_place = dict(zip(wanted, found, strict=True))
        return None, None, *(by_place.get(k) for k in range(n))
