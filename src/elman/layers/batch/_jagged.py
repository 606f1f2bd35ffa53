"""Nested tensors in the jagged layout: rows of their own lengths, without padding."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from elman._errors import InputError
from elman.layers._checks import ShapeError


class Jagged(NamedTuple):
    """Where each step of each row lies.

    Attributes
    ----------
    places : Tensor of int64, (ΣT,)
        In a (T·B, ·) of the padded steps.
    offsets : Tensor, (B + 1,)
        The caller's own, so that results and input are of one ragged shape.
    """

    places: Tensor
    offsets: Tensor


def enter_jagged(x: Tensor, lengths: object) -> tuple[Tensor, Tensor, Jagged]:
    """Return (T, B, I), each row's length, and the way back.

    Raises
    ------
    InputError
        If the layout is another, rows leave holes, or lengths are given too.
    """
    if lengths is not None:
        raise InputError("lengths: a nested tensor has its own; leave lengths out")
    if x.layout != torch.jagged:
        raise InputError(
            "input: a nested tensor has to be jagged; build it with "
            "torch.nested.nested_tensor(…, layout=torch.jagged)"
        )
    if x.dim() != 3 or x._ragged_idx != 1:  # type: ignore[attr-defined]
        raise ShapeError(
            f"input: expected a nested tensor (B, steps of each row, I), "
            f"got shape {tuple(x.shape)}"
        )
    if x.lengths() is not None:  # type: ignore[attr-defined]
        raise InputError(
            "input: a nested tensor with holes between its rows; call .contiguous()"
        )
    values, offsets = x.values(), x.offsets()  # type: ignore[attr-defined]
    each = offsets.diff().to(torch.int64)
    rows = len(each)
    steps = int(each.max()) if rows else 0
    row = torch.repeat_interleave(torch.arange(rows, device=x.device), each)
    step = torch.arange(len(values), device=x.device) - offsets[:-1].to(row)[row]
    places = step * rows + row
    dense = values.new_zeros(steps * rows, values.shape[1])
    dense = dense.index_copy(0, places, values).view(steps, rows, values.shape[1])
    return dense, each, Jagged(places, offsets)


def leave_jagged(y: Tensor, jagged: Jagged) -> Tensor:
    """Return (T, B, ·) as a nested tensor of the input's ragged shape."""
    values = y.reshape(-1, y.shape[2]).index_select(0, jagged.places)
    nested: Tensor = torch.nested.nested_tensor_from_jagged(values, jagged.offsets)
    return nested
