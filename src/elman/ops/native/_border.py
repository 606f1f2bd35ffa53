"""The compiled core's functions, and the numbers by which it knows the cells.

They read torch's tensors themselves, by the function table of DLPack, and return None
for what they cannot read. Without the core each of them does.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from elman.ops._ordinary import HOOKS, IDLE

CELLS: dict[tuple[str, str], tuple[int, int]] = {
    ("rnn", "tanh"): (0, 0),
    ("rnn", "relu"): (0, 1),
    ("rnn", "sigmoid"): (0, 2),
    ("rnn", "identity"): (0, 3),
    ("rnn", "softplus"): (0, 4),
    ("gru", "reset_after"): (1, 0),
    ("gru", "reset_before"): (2, 0),
    ("lstm", "plain"): (3, 0),
    ("lstm", "projected"): (3, 0),
}
"""Cells and variants by the core's numbers for them (core/include/elman/core.h)."""

LSTM = 3

MOST_ROWS = 8
"""Rows up to which products row by row are the quicker ones."""


def _never(*_: Any) -> Any:
    """Return None: a core that does not have the function serves no call."""


def _stored(tensor: Tensor) -> Tensor:
    """Return a tensor with its numbers in memory, one after another.

    Some are still to be negated, as an imaginary part of a conjugate; zeros may have no
    memory, as gradients of nothing.
    """
    if tensor._is_zerotensor():
        return tensor.new_zeros(tensor.shape)
    return tensor.resolve_neg().contiguous()


def _functions() -> tuple[Any, ...] | None:
    """Return the core's functions, or None where there are none for this torch."""
    try:
        from elman._core import _native
    except ModuleNotFoundError:  # a source tree without its core
        return None
    table = getattr(Tensor, "__dlpack_c_exchange_api__", None)
    try:
        served = table is not None and _native.setup(
            table,
            Tensor,
            nn.Parameter,
            IDLE,
            HOOKS,
            torch.is_grad_enabled,
            torch.get_num_threads,
            forward_ad,
            torch.empty_like,
            _stored,
        )
        found = (
            _native.step,
            _native.fast_layer,
            _native.sequence_forward,
            _native.sequence_backward,
            _native.draw,
            _native.saved_vectors,
        )
    except (TypeError, AttributeError) as error:  # built from other sources
        raise ImportError(
            "the compiled core does not match these sources; install again: "
            "pip install -e ."
        ) from error
    return found if served else None


_found = _functions()
BUILT = _found is not None
"""Whether there is a core that reads this torch's tensors."""

step, fast_layer, sequence_forward, sequence_backward, draw, saved_vectors = (
    _found or (_never,) * 6
)
"""``step(cell, activation, parameters, input, hx, most_rows)``, with a cell's numbers
and a module's own parameters: the next state, or None if the call is not eligible for
the fast path: gradients wanted, a transform, mode or tracer active, autocast, a path
asked for, parameters computed from others, subclasses, other devices or layouts, more
rows, wrong shapes. Not to be called while compiling.

``fast_layer(cell, activation, layer, attributes, input, hx, lengths, noisy)``, with a
layer and its own dictionary, for sequences of a stack in one or both directions. None
where `step` would return it, for lengths that are not int64, and where an option beyond
torch's changes the call, which a noisy one has been asked about. (y, state) of one
layer in one direction without a graph, if not noisy. Else whether gradients are wanted,
h_0 and c_0 or None, five parameters or Nones for each layer and direction, and the
lengths, or None where every row is full.

``sequence_forward`` and ``sequence_backward``: see _core/sequence.cpp.

``saved_vectors(cell, activation)``: how many vectors of a unit and step they save.

``draw(mask, key, share, threads)`` fills a mask of booleans, true with a probability.
"""

if not BUILT:
    CELLS = {}
STEPS = {key: numbers for key, numbers in CELLS.items() if key[1] != "projected"}
"""The cells and variants that `step` knows, by the core's numbers for them."""
