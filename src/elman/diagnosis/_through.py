"""A recurrent module's call, taken apart: its layers and directions, one by one.

What is done at each of them is the caller's; the forms of a batch, stacking,
directions and dropout between layers are as the module's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from elman._errors import InputError

from ._cells import States

RunOne = Callable[[int, bool, Tensor, States, Tensor | None], tuple[Tensor, States]]
"""Layer, reverse, x (T, B, I), initial state, lengths → y (T, B, P), last state."""


def through(
    layer: nn.RNNBase, run: RunOne, given: Any, hx: Any = None, lengths: Any = None
) -> tuple[Any, Any]:
    """Compute what ``layer(given, hx, lengths=lengths)`` returns, by ``run``.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn
    run : callable
        Called once for each layer and direction.
    given, hx, lengths
        As for a call of the layer.

    Returns
    -------
    output, state
        In the form of the layer's own.
    """
    packed = given if isinstance(given, PackedSequence) else None
    if packed is not None:
        x, lengths = pad_packed_sequence(packed)
    else:
        x = given
    unbatched = x.dim() == 2
    if unbatched:
        x = x.unsqueeze(1)
    elif layer.batch_first and packed is None:
        x = x.transpose(0, 1)
    if len(x) == 0:
        raise InputError(
            "inputs: sequences of 0 steps; give at least one step to measure"
        )
    count = None
    if lengths is not None:
        count = torch.as_tensor(lengths, device=x.device).to(torch.int64).reshape(-1)
        steps = torch.arange(len(x), device=x.device)
        x = torch.where((steps[:, None] < count).unsqueeze(-1), x, 0.0)
    initial = _initial(layer, x, hx, unbatched)

    last: list[States] = []
    sides = 2 if layer.bidirectional else 1
    for index in range(layer.num_layers):
        outputs = []
        for side in range(sides):
            start = tuple(s[index * sides + side] for s in initial)
            y, state = run(index, side == 1, x, start, count)
            outputs.append(y)
            last.append(state)
        x = torch.cat(outputs, -1) if sides == 2 else outputs[0]
        if layer.dropout and layer.training and index < layer.num_layers - 1:
            x = dropout(x, layer.dropout)

    final = [torch.stack(s) for s in zip(*last, strict=True)]
    if unbatched:
        final = [s.squeeze(1) for s in final]
    hidden = tuple(final) if len(final) == 2 else final[0]
    return _leave(layer, x, packed, unbatched), hidden


def _initial(
    layer: nn.RNNBase, x: Tensor, hx: Any, unbatched: bool
) -> tuple[Tensor, ...]:
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    lstm = layer.mode == "LSTM"
    if hx is not None:
        given = tuple(hx) if lstm else (hx,)
        given = tuple(s.unsqueeze(1) if unbatched else s for s in given)
    else:
        widths = [layer.proj_size or layer.hidden_size]
        widths += [layer.hidden_size] if lstm else []
        given = tuple(x.new_zeros(places, x.shape[1], w) for w in widths)
    # A leaf of its own keeps every state in the graph, frozen weights or not.
    return tuple(s if s.requires_grad else s.detach().requires_grad_() for s in given)


def _leave(
    layer: nn.RNNBase, x: Tensor, packed: PackedSequence | None, unbatched: bool
) -> Any:
    if packed is not None:
        order = packed.sorted_indices
        rows = x if order is None else x.index_select(1, order)
        sizes = packed.batch_sizes.tolist()
        data = torch.cat([rows[t, :size] for t, size in enumerate(sizes)])
        return PackedSequence(
            data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices
        )
    if unbatched:
        return x.squeeze(1)
    return x.transpose(0, 1) if layer.batch_first else x
