"""A plain layer over whole sequences: the core, with little before and behind it.

A training step of a small layer costs as much on the way to the kernels and back as
in them, the more so since the kernels' data has pushed the interpreter's out of the
caches. Here the core reads torch's tensors itself, as in `_step`. All that is not
plain goes the way of `_native`, whose results have the same bits.
"""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from elman._errors import InputError

from ._ordinary import foreign

with contextlib.suppress(ModuleNotFoundError):  # without the core none is plain
    from elman._core import _native

    from . import _native_calls as native
    from ._native import again, reserve_of
    from ._native_calls import Arguments

Numbers = tuple[int, int, bool, bool]
"""The core's numbers for a cell, whether to run from the last step, whether x is
(B, T, I)."""


def plain_forward(
    numbers: Numbers, differentiate: bool, *tensors: Tensor | None
) -> tuple[Tensor, ...]:
    """Run one layer in one direction that `plain_layer` has found plain.

    Parameters
    ----------
    numbers : tuple
        See `Numbers`.
    differentiate : bool
        Whether a gradient is wanted.
    *tensors : Tensor or None
        x, (T, B, I) or (B, T, I), h_0 and c_0, (1, B, H), four weights, and lengths,
        (B,).

    Returns
    -------
    tuple of Tensor
        y, (T, B, H), zero beyond each row's length, and the last states, (1, B, H).

    Raises
    ------
    InputError
        If ``ELMAN_ISA`` names no instruction set of this machine.
    """
    try:
        if differentiate:
            outputs: tuple[Tensor, ...] = _Plain.apply(numbers, *tensors)
            return outputs
        found = _native.plain_forward(*numbers, *tensors, False)
    except ValueError as error:
        raise InputError(str(error)) from error
    return found[: 2 + (found[2] is not None)]


class _Plain(Function):
    """The outputs may be changed in place: see `_native._Sequence`."""

    @staticmethod
    def forward(ctx: Any, numbers: Numbers, *tensors: Any) -> tuple[Tensor, ...]:  # type: ignore[override]
        y, h_n, c_n, gates, cells = _native.plain_forward(*numbers, *tensors, True)
        ctx.save_for_backward(*tensors, gates, cells)
        ctx.numbers = numbers
        ctx.y = y.detach()  # detached: no cycle
        ctx.version = y._version
        ctx.set_materialize_grads(False)
        return (y, h_n) if c_n is None else (y, h_n, c_n)

    @staticmethod
    def backward(  # type: ignore[override]
        ctx: Any, dy: Tensor | None, dh_n: Tensor | None, dc_n: Tensor | None = None
    ) -> tuple[Tensor | None, ...]:
        kept = ctx.saved_tensors
        y, wanted = ctx.y, ctx.needs_input_grad[1:8]
        found = None
        if y._version == ctx.version and not torch.is_grad_enabled():
            found = _native.plain_backward(
                *ctx.numbers, *kept[:8], y, *kept[8:], dy, dh_n, dc_n, wanted
            )
        if found is None:
            found = _any_backward(ctx, kept, (dy, dh_n, dc_n), wanted)
        if not torch._C._autograd._get_current_graph_task_keep_graph():
            ctx.y = None
        return None, *found, None


def _any_backward(
    ctx: Any,
    kept: tuple[Any, ...],
    grads: tuple[Tensor | None, ...],
    wanted: tuple[bool, ...],
) -> tuple[Tensor | None, ...]:
    """Return the gradients where something is not plain, as `_native` finds them."""
    cell, activation, reverse, turned = ctx.numbers
    dy, dh_n, dc_n = grads
    x, h_0, c_0, *weights, lengths, gates, cells = kept
    if turned:
        x = x.transpose(0, 1)
    rest = (*weights, None, lengths, cell, activation, reverse)
    if torch.is_grad_enabled() or foreign((*grads, ctx.y, *kept)):
        zeros = x.new_zeros(x.shape[1], weights[1].shape[1])
        given = (zeros if s is None else s.squeeze(0) for s in (h_0, c_0))
        last = (None if g is None else g.squeeze(0) for g in (dh_n, dc_n))
        found = list(again(Arguments(x, *given, *rest), (dy, *last), (*wanted, False)))
        found[1:3] = (None if g is None else g.unsqueeze(0) for g in found[1:3])
    else:
        a = Arguments(x, h_0, c_0, *rest)
        nothing = x.new_empty(0)
        saved = (nothing if t is None else t for t in (gates, cells, None))
        reserve = reserve_of(ctx, a, (None, *saved))
        found = list(native.backward(a, reserve, dy, dh_n, dc_n, (*wanted, False)))
    if turned and found[0] is not None:
        found[0] = found[0].transpose(0, 1)
    return tuple(found[:7])
