"""What a compiler traces of a layer's plain calls: the operators, little else.

Before each call a compiled graph asks whether all that was read while it was traced
still holds, every function and attribute of it, and each tensor that it keeps for
its backward pass costs too. So this says in one place what `_base` says for every
form of a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from elman import ops
from elman.layers._checks import check_input, check_state
from elman.layers._stack import joined, run_layers
from elman.layers._twins import STATES_TURNED

if TYPE_CHECKING:
    from elman.layers._twin import Twin

_OTHERS = ~STATES_TURNED  # turned states it knows itself


def compiled_call(layer: Twin, x: Any, hx: Any) -> tuple[Any, Any] | None:
    """Return what a layer returns for full sequences in a batch, or None.

    None where something holds states back, learns or carries them, where another
    path than the core's is to run, and for all other forms of a batch.

    Parameters
    ----------
    layer : Twin
    x, hx : object
        As the layer was given them; not checked.
    """
    if (
        not isinstance(x, Tensor)
        or x.is_nested
        or x.dim() != 3
        or layer._beyond & _OTHERS
    ):
        return None
    cell, variant = layer._cell
    if not ops.core_traces(cell, variant, x.device.type, x.dtype):
        return None
    if layer.batch_first:
        x = x.transpose(0, 1)
    weights = layer._all_weights_by_place()
    check_input(x, layer.input_size, weights[0].w_ih.dtype)
    given: Any = (None, None)
    if hx is not None:
        given = _given(layer, x, hx)
        if given is None:
            return None

    def run_one(place: int, x: Tensor, reverse: bool) -> tuple[Tensor, list[Tensor]]:
        h_0, c_0 = (None if s is None else s[place] for s in given)
        y, *state = ops.core_forward(
            x, h_0, c_0, *weights[place], None, cell, variant, reverse
        )
        return y, state

    x, last = run_layers(layer, x, run_one)
    # The only states are the operator's own: a view would be made again at each call.
    final = joined(last)
    if layer.state_batch_first:
        final = [s.transpose(0, 1) for s in final]
    y = x.transpose(0, 1) if layer.batch_first else x
    return y, tuple(final) if cell == "lstm" else final[0]


def _given(layer: Twin, x: Tensor, hx: Any) -> tuple[Tensor | None, ...] | None:
    """Return h_0 and c_0, (L·D, B, ·), checked, or None if they are not 3-axis."""
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    turned = layer.state_batch_first
    found: list[Tensor | None] = []
    states = layer._split_states(hx)
    for (name, width), state in zip(layer._state_widths(), states, strict=True):
        if not isinstance(state, Tensor) or state.dim() != 3:
            return None
        if turned:
            state = state.transpose(0, 1)
        expected = (places, x.shape[1], width)
        place = len(found) if len(states) > 1 else None
        check_state(name, state, expected, x.dtype, turned, place)
        found.append(state)
    return (*found, None)[:2]
