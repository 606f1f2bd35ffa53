"""What a layer accepts: each check says what, what was found, and what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from elman._errors import InputError


class ShapeError(InputError, RuntimeError):
    """A tensor's shape, or a state's dtype, does not fit the layer.

    It is a RuntimeError too, since that is what `torch.nn` raises there.
    """


def axes_error(states: tuple[tuple[str, Tensor], ...], unbatched: bool) -> ShapeError:
    """Return the error for states of the wrong number of axes, as torch words it."""
    kind, axes = ("unbatched", 2) if unbatched else ("batched", 3)
    name, h = states[0]
    words, got = "hx", f"{h.dim()}-D tensor"
    shapes = f"{name} has shape {tuple(h.shape)}"
    if len(states) > 1:  # no str.join: compilers read this too
        name, c = states[1]
        words, got = "hx and cx", f"({h.dim()}-D, {c.dim()}-D) tensors"
        shapes += f", {name} has shape {tuple(c.shape)}"
    return ShapeError(
        f"For {kind} {axes}-D input, {words} should also be {axes}-D but got {got}: "
        f"{shapes}"
    )


def check_no_projection(proj_size: int | None) -> None:
    """Raise if an RNN or GRU is asked to project; torch's take the argument so too."""
    if proj_size is not None:
        raise InputError(
            "proj_size argument is only supported for LSTM, not RNN or GRU: got "
            f"{proj_size}; leave it out"
        )


def check_input(x: Tensor, input_size: int, dtype: torch.dtype) -> None:
    """Raise unless x is (T, B, I) of the layer's input size and dtype."""
    if x.shape[-1] != input_size:
        raise ShapeError(
            f"input.size(-1) must be equal to input_size. Expected {input_size}, "
            f"got {x.shape[-1]}: the layer was built with input_size={input_size}, and "
            f"the input's last axis is {x.shape[-1]}"
        )
    if x.dtype != dtype and not torch._C._is_any_autocast_enabled():
        raise InputError(
            f"RNN input dtype ({x.dtype}) does not match weight dtype ({dtype}). "
            f"Convert input: input.to({dtype}), or convert model: model.to({x.dtype})"
        )


def check_state(
    name: str,
    state: Any,
    expected: tuple[int, ...],
    dtype: torch.dtype,
    turned: bool = False,
    place: int | None = None,
) -> None:
    """Raise unless a state is a tensor of the expected shape and dtype.

    Shapes are (L·D, B, ·); ``turned``: the caller knows them as (B, L·D, ·).
    ``place``: which of an LSTM's pair it is. torch's words come first.
    """
    if not isinstance(state, Tensor):
        raise InputError(
            f"{name}: expected a tensor of shape {expected}, got {type(state).__name__}"
        )
    if tuple(state.shape) != expected:
        got, axes = tuple(state.shape), "layers × directions, batch, features"
        if turned:
            (a, b, c), (d, e, f) = expected, got
            expected, got = (b, a, c), (e, d, f)
            axes = "batch, layers × directions, features"
        which = "hidden" if place is None else f"hidden[{place}]"
        raise ShapeError(
            f"Expected {which} size {expected}, got {list(got)}: "
            f"{name} should be {expected} ({axes})"
        )
    if state.dtype != dtype and not torch._C._is_any_autocast_enabled():
        raise ShapeError(
            f"Input and hidden tensors are not the same dtype, found input tensor with "
            f"{dtype} and hidden tensor with {state.dtype}; use {name}.to({dtype})"
        )


def as_lengths(lengths: Any, batch: int, steps: int) -> Tensor | None:
    """Return a copy of lengths, int64 on CPU, (B,), or None where all rows are full.

    Parameters
    ----------
    lengths : tensor, array, list or int
        Steps of each row, whole numbers from 0 to T.
    batch, steps : int
        B and T.

    Raises
    ------
    InputError
        If they are not whole numbers, not one a row, or out of range.
    """
    if isinstance(lengths, Tensor):
        tensor = lengths.detach()
    else:
        try:
            # An empty list says nothing of its numbers.
            tensor = torch.from_numpy(np.asarray(lengths, None if batch else np.int64))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"lengths: expected whole numbers, one a row, got {lengths!r}"
            ) from error
    if tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool:
        raise InputError(
            f"lengths: expected whole numbers, got {tensor.dtype}; "
            f"use lengths.to(torch.int64)"
        )
    tensor = tensor.to(torch.int64)
    if tensor.dim() == 0 and batch == 1:
        tensor = tensor.unsqueeze(0)
    if tuple(tensor.shape) != (batch,):
        raise ShapeError(
            f"lengths: expected one a row, shape ({batch},), got {tuple(tensor.shape)}"
        )
    if torch.compiler.is_compiling():  # their values are not known while tracing
        return tensor
    tensor = tensor.cpu()
    wrong = ((tensor < 0) | (tensor > steps)).nonzero()
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"lengths: row {row} says {int(tensor[row])}, allowed are 0 to {steps}, "
            f"the steps of the input"
        )
    if bool((tensor == steps).all()):
        return None
    return tensor.clone()  # the caller may change theirs before backward
