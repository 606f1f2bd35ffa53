"""Training steps of one layer: Elman's and torch's, on the same tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from elman import cells, layers, ops
from elman.cells import title

from ._cases import Case
from ._race import Step

PLAIN = "plain torch"
"""The composite path: a cell's equations as one would write them in torch."""


def pair(cell: str, *arguments: Any, **options: Any) -> tuple[nn.Module, nn.Module]:
    """Return Elman's module and torch's of the same name, with the same parameters."""
    theirs = getattr(nn, cell)(*arguments, **options)
    ours = getattr(layers, cell)(*arguments, **options)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def training_step(layer: nn.Module, x: Tensor, dy: Tensor, **how: Any) -> Step:
    """Return forward, and backward to the input and to every parameter."""
    x = x.clone().requires_grad_()

    def step() -> Tensor:
        layer.zero_grad(set_to_none=True)
        x.grad = None
        y: Tensor = layer(x, **how)[0]
        y.backward(dy)
        return y

    return step


def dense(case: Case) -> dict[str, Step]:
    """Return a training step with full rows."""
    s = case.sizes
    options: dict[str, Any] = {}
    if case.group == "float64":
        options["dtype"] = torch.float64
    if case.group == "projection":
        options["proj_size"] = int(case.variant)
    ours, theirs = pair(case.cell, s.inputs, s.hidden, **options)
    dtype = options.get("dtype", torch.float32)
    x = torch.randn(s.steps, s.batch, s.inputs, dtype=dtype)
    width = options.get("proj_size", s.hidden)
    dy = torch.randn(s.steps, s.batch, width, dtype=dtype)
    return {
        "elman": training_step(ours, x, dy),
        "torch": training_step(theirs, x, dy),
    }


def equations(case: Case) -> dict[str, Step]:
    """Return a training step of any cell, fused and in plain torch."""
    s = case.sizes
    if case.cell in cells.STOCK:
        layer = getattr(layers, title(case.cell))(s.inputs, s.hidden)
    else:
        layer = layers.layer_of(cells.cell(case.cell), s.inputs, s.hidden)
    x = torch.randn(s.steps, s.batch, s.inputs)
    fused = training_step(layer, x, torch.randn(s.steps, s.batch, s.hidden))

    def plain() -> Tensor:
        with ops.force_path("composite"):
            y: Tensor = fused()
        return y

    return {"elman": fused, PLAIN: plain}


def ragged(case: Case) -> dict[str, Step]:
    """Return a training step with lengths; torch's packs its batch, as it must."""
    s = case.sizes
    lengths = torch.randint(s.steps // 5, s.steps + 1, (s.batch,))
    ours, theirs = pair(case.cell, s.inputs, s.hidden)
    x = torch.randn(s.steps, s.batch, s.inputs)
    dy = torch.randn(s.steps, s.batch, s.hidden)
    flat = torch.randn(int(lengths.sum()), s.hidden)
    source = x.clone().requires_grad_()

    def packed() -> Tensor:
        theirs.zero_grad(set_to_none=True)
        source.grad = None
        batch = pack_padded_sequence(source, lengths, enforce_sorted=False)
        y: Tensor = theirs(batch)[0].data
        y.backward(flat)
        return y

    return {"elman": training_step(ours, x, dy, lengths=lengths), "torch": packed}
