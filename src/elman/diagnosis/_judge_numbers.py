"""Findings about values that are no numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ._catalogue import finding
from ._results import Finding


def not_finite(model: nn.Module, inputs: Any) -> list[Finding]:
    """Look for NaN and infinity in the inputs, then in the model."""
    found = []
    for where, tensor in _tensors(inputs, "inputs"):
        count, first = _bad(tensor)
        if count:
            found.append(_finding("inputs are not finite", where, count, tensor, first))
            break
    named = [*model.named_parameters(), *model.named_buffers()]
    for name, tensor in named:
        count, first = _bad(tensor.detach())
        if count:
            found.append(_finding("weights are not finite", name, count, tensor, first))
            break
    return found


def judge_loss(loss: float, broken: Sequence[Finding] = ()) -> list[Finding]:
    """Judge the loss of the first batch; as a consequence where its cause is known."""
    if math.isfinite(loss):
        return []
    return [
        finding(
            "loss is not finite",
            "warning" if broken else "error",
            f"the loss of the first batch is {loss}",
            value=loss,
            limit=math.inf,
            threshold="a finite number",
        )
    ]


def _tensors(value: Any, where: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, PackedSequence):
        yield where, value.data
    elif isinstance(value, Tensor):
        yield where, value
    elif isinstance(value, (tuple, list)):
        for at, part in enumerate(value):
            yield from _tensors(part, f"{where}[{at}]")
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _tensors(part, f"{where}[{key!r}]")


def _bad(tensor: Tensor) -> tuple[int, tuple[int, ...]]:
    if not (tensor.is_floating_point() or tensor.is_complex()) or not tensor.numel():
        return 0, ()
    wrong = ~torch.isfinite(tensor)
    count = int(wrong.sum())
    if not count:
        return 0, ()
    return count, tuple(int(i) for i in wrong.nonzero()[0])


def _finding(
    name: str, where: str, count: int, tensor: Tensor, first: tuple[int, ...]
) -> Finding:
    at = tensor[first] if first else tensor
    return finding(
        name,
        "error",
        f"{where}: {count} of {tensor.numel()} values, the first, "
        f"{float(at.detach().real)}, at {list(first)}",
        value=count,
        limit=0,
        threshold="none",
    )
