"""One step of one row: Elman's cell or layer against torch's cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from elman import layers

from ._cases import Case
from ._layers import pair
from ._race import Step

MANY = 50
"""Steps that a run makes, so that leaving and entering it does not count."""


def streaming(case: Case) -> dict[str, Step]:
    """Return steps, each from the state of the one before; with a graph, from zeros."""
    width, hidden = case.sizes.inputs, case.sizes.hidden
    ours, theirs = pair(f"{case.cell}Cell", width, hidden)
    x, h = torch.randn(1, width), torch.zeros(1, hidden)
    state: Any = (h, h.clone()) if case.cell == "LSTM" else h
    if case.variant == "cell, graph":
        return {"elman": _graphs(ours, x, state), "torch": _graphs(theirs, x, state)}
    stream = _stream(theirs, x, state)
    if case.variant == "cell":
        return {"elman": _stream(ours, x, state), "torch": stream}
    layer = getattr(layers, case.cell)(width, hidden)
    layer.load_state_dict({f"{k}_l0": v for k, v in theirs.state_dict().items()})
    first = tuple(s[None] for s in state) if case.cell == "LSTM" else h[None]
    return {
        "elman": _stream(lambda x, s: layer(x, s)[1], x[None], first),
        "torch": stream,
    }


def _stream(cell: Callable[..., Any], x: Tensor, state: Any) -> Step:
    """Return steps of a stream, without gradients."""

    def run() -> None:
        nonlocal state
        with torch.no_grad():
            for _ in range(MANY):
                state = cell(x, state)

    return run


def _graphs(cell: Callable[..., Any], x: Tensor, state: Any) -> Step:
    """Return steps whose gradients are wanted, each on its own."""

    def run() -> None:
        for _ in range(MANY):
            cell(x, state)

    return run
