"""Results in the caller's form, as tensors of their own.

torch's layers return no views, so programs cut states and outputs from their graph in
place: ``h_n.detach_()``. Here the axes of what nobody else holds are changed in place,
which costs what a view does.
"""

from __future__ import annotations

import contextlib

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.autograd.grad_mode import _unsafe_preserve_version_counter
from torch.compiler import is_compiling


def turned(result: Tensor) -> Tensor:
    """Return a result that is the caller's alone with its first two axes swapped."""
    if not _can_change(result):
        return result.transpose(0, 1)
    with _keeping_version(result):
        return result.transpose_(0, 1)


def without_rows(result: Tensor) -> Tensor:
    """Return a result that is the caller's alone without axis 1, of one row."""
    if not _can_change(result):
        return result.squeeze(1)
    with _keeping_version(result):
        return result.squeeze_(1)


def _can_change(result: Tensor) -> bool:
    # Compilers make their own views, and transforms know views best.
    return not (
        is_compiling()
        or type(result) is not Tensor
        or result._is_view()
        or torch._C._functorch.peek_interpreter_stack() is not None
        or forward_ad._current_level >= 0
    )


def _keeping_version(result: Tensor) -> contextlib.AbstractContextManager[None]:
    """Let the numbers count as unchanged, as they are: a graph may have kept them."""
    if result.grad_fn is None:
        return contextlib.nullcontext()
    return _unsafe_preserve_version_counter(result)
