"""Streaming with a layer: a few steps and rows, past all that they do without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elman.ops import MOST_SHORT, STEPS, short_layer

from ._twins import OPTIONS

if TYPE_CHECKING:
    from ._base import Recurrent


def short_call(layer: Recurrent, x: Any, hx: Any) -> tuple[Any, Any] | None:
    """Return what a layer returns for a short call without gradients, or None.

    It runs in the core as a whole; all that is not plain goes the ordinary way. The
    results have the same bits.

    Parameters
    ----------
    layer : Recurrent
    x, hx : object
        As the layer was given them; not checked.
    """
    numbers = STEPS.get(layer._cell)
    if numbers is None:
        return None
    quick: tuple[Any, Any] | None = short_layer(
        *numbers, layer, layer.__dict__, OPTIONS, x, hx, MOST_SHORT
    )
    return quick
