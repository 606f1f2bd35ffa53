"""A layer of equations as a model of its own, with the inputs and outputs of all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from elman.layers import CellLayer

from ._model import export_model

_STEPS, _ROWS = 4, 3  # of the example: neither is 1, which a tracer would fix


class _Whole(nn.Module):
    """A layer that takes states and lengths as inputs, one after another."""

    def __init__(
        self, layer: CellLayer, state: bool, lengths: bool, one_step: bool
    ) -> None:
        super().__init__()
        self.layer, self.state, self.lengths = layer, state, lengths
        self.axis = (1 if layer.batch_first else 0) if one_step else None

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Return the output and the last states."""
        x, *rest = given
        lengths = rest.pop().long() if self.lengths else None
        start: Any = None
        if self.state:
            start = tuple(rest) if len(rest) > 1 else rest[0]
        x = x if self.axis is None else x.unsqueeze(self.axis)
        y, last = self.layer(x, start, lengths=lengths)
        y = y if self.axis is None else y.squeeze(self.axis)
        return y, *(last if isinstance(last, tuple) else (last,))


def export_equations(
    layer: CellLayer,
    path: str | Path | None,
    state: bool,
    lengths: bool,
    one_step: bool,
) -> Any:
    """Return a layer that ONNX has no node for as a model of plain operations.

    Parameters
    ----------
    layer : CellLayer
    path, state, lengths, one_step
        As for `export`.
    """
    like = getattr(layer, layer._all_weights[0][0])
    sizes = [_ROWS] if one_step else [_STEPS, _ROWS]
    if layer.batch_first:
        sizes.reverse()
    args = [like.new_zeros(*sizes, layer.input_size)]
    free: list[tuple[int, ...]] = [tuple(range(len(sizes)))]
    names = ["input"]
    states = layer.cell.states
    if state:
        shape = [len(layer._all_weights), _ROWS, layer.hidden_size]
        batch = 1
        if layer.state_batch_first:
            shape[:2], batch = [_ROWS, len(layer._all_weights)], 0
        args += [like.new_zeros(shape) for _ in states]
        free += [(batch,)] * len(states)
        names += [f"{name}_0" for name in states]
    if lengths:
        args.append(torch.tensor([_STEPS, 2, 3][:_ROWS], dtype=torch.int32))
        free.append((0,))
        names.append("lengths")
    auto = torch.export.Dim.AUTO
    return export_model(
        _Whole(layer, state, lengths, one_step),
        tuple(args),
        path,
        dynamic_shapes=(tuple(dict.fromkeys(axes, auto) for axes in free),),
        input_names=names,
        output_names=["output", *(f"{name}_n" for name in states)],
    )
