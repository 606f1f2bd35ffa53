"""Findings about values that are no numbers, and about what numbers can become."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from elman.diagnosis._results import Finding
from elman.diagnosis._thresholds import LINEAR
from elman.diagnosis.measure._nonfinite import NonFinite
from elman.diagnosis.open._cells import knows

from ._catalogue import finding


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


KIND_OF = {
    "parameter": "weights are not finite",
    "input": "inputs are not finite",
    "target": "targets are not finite",
    "state": "states are not finite",
    "output": "states are not finite",
    "adjoint": "gradients are not finite",
    "parameter gradient": "gradients are not finite",
}
"""The finding for what `first_nonfinite` names; of a loss `judge_loss` speaks."""


def judge_first(spot: NonFinite) -> list[Finding]:
    """Judge the first value of a step that is not finite."""
    name = KIND_OF.get(spot.kind)
    if name is None:
        return []
    return [
        finding(
            name,
            "error",
            str(spot),
            value=spot.count,
            limit=0,
            threshold="none",
        )
    ]


def judge_frozen(model: nn.Module) -> list[Finding]:
    """Judge layers whose weights a training will not move."""
    found = []
    for name, layer in model.named_modules():
        weights = list(layer.parameters()) if knows(layer) else []
        if weights and not any(p.requires_grad for p in weights):
            found.append(
                finding(
                    "weights are frozen",
                    "note",
                    f"{name or 'model'}: none of its {len(weights)} weights requires a "
                    "gradient",
                    value=0,
                    limit=1,
                    threshold="at least one",
                )
            )
    return found


def judge_linear(deviation: float) -> list[Finding]:
    """Judge a model that computes a linear function of its inputs."""
    if not deviation < LINEAR:
        return []
    return [
        finding(
            "linear in its inputs",
            "note",
            f"between two batches the output is a straight line, to {deviation:.0e} of "
            "its change",
            value=deviation,
            limit=LINEAR,
            threshold=f"bent by at least {LINEAR:g}, if the answer is not linear",
        )
    ]


def judge_zero(name: str, steps: int) -> Finding:
    """Judge a layer that the loss depends on by gradients of exactly zero."""
    return finding(
        "no gradient arrives",
        "error",
        f"{name}: the gradient is exactly zero at each of its {steps} steps",
        value=0,
        limit=0,
        threshold="a gradient other than zero at one step at least",
    )


def holds_nonfinite(value: Any) -> bool:
    """Whether a tensor of a nested batch holds NaN or infinity."""
    return any(_bad(tensor)[0] for _, tensor in _tensors(value, ""))


def _tensors(value: Any, where: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, PackedSequence):
        yield where, value.data
    elif isinstance(value, Tensor):
        yield where, value.values() if value.is_nested else value
    elif isinstance(value, (tuple, list)):
        for at, part in enumerate(value):
            yield from _tensors(part, f"{where}[{at}]")
    elif isinstance(value, Mapping):
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
