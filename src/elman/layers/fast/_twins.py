"""The fast path: a layer's call past all that the other forms of a batch need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from elman.layers._noise import draw
from elman.layers._stack import joined, run_layers
from elman.layers._twins import STATES_TURNED, WITHOUT_STATE
from elman.layers.batch._own import turned as turn
from elman.ops import CELLS, PROGRAMS, fast_layer, held_back, run_sequence

if TYPE_CHECKING:
    from elman.layers._twin import Twin

_WEIGHTS = 5


def fast_call(
    layer: Twin, x: Any, hx: Any, lengths: Any = None
) -> tuple[Any, Any] | None:
    """Return what a layer returns for sequences in a batch, or None.

    None for all that is not eligible: other forms of a batch, other devices and
    dtypes, weights computed from others, options beyond torch's that change the call,
    active modes, transforms and tracers. The results have the same bits.

    Parameters
    ----------
    layer : Twin
    x, hx, lengths : object
        As the layer was given them; not checked.
    """
    numbers = CELLS.get(layer._cell)
    if numbers is None:
        return None
    found = fast_layer(*numbers, layer, layer.__dict__, x, hx, lengths, False)
    if found is None or len(found) == 2:  # one run of the core, without a graph
        return found  # type: ignore[no-any-return]
    return _stacked(layer, numbers, False, x, *found)


def fast_noisy_call(layer: Twin, x: Any, hx: Any) -> tuple[Any, Any] | None:
    """Return the same where a layer holds states back at random.

    Parameters
    ----------
    layer : Twin
    x, hx : object
    """
    if not (layer.zoneout or (layer.recurrent_dropout and layer.training)):
        return None
    beyond, numbers = layer._beyond, CELLS.get(layer._cell)
    if (
        numbers is None
        or not PROGRAMS
        or layer.proj_size
        or layer.stateful
        or beyond & STATES_TURNED
        or (beyond & WITHOUT_STATE and hx is None)
    ):
        return None
    found = fast_layer(*numbers, layer, layer.__dict__, x, hx, None, True)
    return None if found is None else _stacked(layer, numbers, True, x, *found)


def _stacked(
    layer: Twin,
    numbers: tuple[int, int],
    noisy: bool,
    x: Any,
    differentiate: bool,
    h_0: Any,
    c_0: Any,
    weights: list[Any],
    lengths: Any,
) -> tuple[Any, Any]:
    """Run an eligible call layer by layer."""
    if differentiate and lengths is not None:
        lengths = lengths.clone()  # the caller may change theirs before backward
    turned, places = layer.batch_first, len(weights) // _WEIGHTS
    directions = 2 if layer.bidirectional else 1

    def run_one(place: int, x: Any, reverse: bool) -> tuple[Any, Any]:
        here, states = _WEIGHTS * place, [h_0, c_0]
        if places > 1:
            states = [None if s is None else s[place : place + 1] for s in states]
        across, held = turned and place < directions, None
        if noisy:
            steps = x.transpose(0, 1) if across else x
            noise = draw(layer, steps, False)
            if noise is not None:
                held = held_back(layer._cell, noise, steps, layer.hidden_size)
        y, *last = run_sequence(
            (*numbers, reverse, across, True, held),
            differentiate,
            None,
            x,
            *states,
            *weights[here : here + _WEIGHTS],
            lengths,
        )
        return y, last

    last: Sequence[Any]
    if places == 1:  # nothing to stack
        y, last = run_one(0, x, False)
    else:
        y, states = run_layers(layer, x, run_one)
        last = joined(states)
    return turn(y) if turned else y, tuple(last) if len(last) == 2 else last[0]
