"""A second derivative for kernels that have only a first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from ._call import Call, Result
from ._composite import run as run_composite
from ._step_gradients import StepGradients, into
from ._torch_steps import step_norms, widened

Join = Callable[[Sequence[Tensor]], Call]


def twice_differentiable(
    kernel: Callable[[Call], Result], call: Call, steps: StepGradients | None = None
) -> Result:
    """Run a kernel so that its gradient can itself be differentiated.

    The first derivative is the kernel's own. Only if it is asked for with
    ``create_graph=True`` is the call computed again, in the composite path, whose
    derivatives exist to any order.

    Parameters
    ----------
    kernel : callable
        Serves the call, differentiable once.
    call : Call
    steps : StepGradients, optional
        To be filled with ‖∂L/∂h_t‖.

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
    y, *state = _Twice.apply(kernel, join, steps, *tensors)
    return Result(y, tuple(state), {})


class _Twice(Function):
    """The kernel with its own graph inside, and the composite path behind it."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any,
        kernel: Callable[[Call], Result],
        join: Join,
        steps: StepGradients | None,
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        probe: list[Tensor] = []
        with torch.enable_grad():
            inner = [t.detach().requires_grad_(t.requires_grad) for t in tensors]
            call = join(inner)
            if steps is not None:
                call, *probe = widened(call)
            result = kernel(call)
        outputs = (result.y, *result.state)
        ctx.join, ctx.steps, ctx.count = join, steps, len(tensors)
        ctx.probes = len(probe)
        # Saved, not kept on ctx, so that a backward frees the inner graph as well.
        ctx.save_for_backward(*tensors, *inner, *outputs, *probe)
        return tuple(output.detach() for output in outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        n = ctx.count
        end = len(ctx.saved_tensors) - ctx.probes
        tensors, inner, outputs, probe = (
            ctx.saved_tensors[:n],
            ctx.saved_tensors[n : 2 * n],
            ctx.saved_tensors[2 * n : end],
            ctx.saved_tensors[end:],
        )
        again = torch.is_grad_enabled()
        if again:
            # Aliases: one input may be a function of another, and its share of the
            # gradient is the outer graph's to add.
            inner = [t.view_as(t) for t in tensors]
            with into(ctx.steps):
                result = run_composite(ctx.join(inner))
            outputs, probe = (result.y, *result.state), ()
        wanted = [k for k in range(n) if ctx.needs_input_grad[3 + k]]
        found = torch.autograd.grad(
            outputs,
            [*(inner[k] for k in wanted), *probe],
            grads,
            create_graph=again,
            retain_graph=True,
            allow_unused=True,
        )
        if probe:
            call = ctx.join(tensors)
            ctx.steps.fill(step_norms(call, outputs[0], found[-1], *grads[:2]))
        by_place = dict(zip(wanted, found, strict=False))
        return None, None, None, *(by_place.get(k) for k in range(n))
