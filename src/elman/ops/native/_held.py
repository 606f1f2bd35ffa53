"""What a run of a stock cell holds back at random, as the core takes it."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from elman.cells import stock
from elman.ops._call import Noise

from ._compile import at_first_use
from ._program import noisy, parsed


class Held(NamedTuple):
    """A cell's program that reads masks, and these.

    Attributes
    ----------
    graph
        The program as the core has parsed it.
    masks : tuple of Tensor, (T, B, H)
    noise : Noise
        The same as it was drawn.
    """

    graph: Any
    masks: tuple[Tensor, ...]
    noise: Noise


def held_back(cell: tuple[str, str], noise: Noise, x: Tensor, hidden: int) -> Held:
    """Return what the core is given of noise.

    Parameters
    ----------
    cell : tuple of str
        One of torch's, without a projection, and its variant.
    noise : Noise
        With one factor at most.
    x : Tensor, (T, B, I)
    hidden : int
        H.
    """
    factor = noise.recurrent
    of_equations = noise._replace(recurrent=(factor,)) if factor is not None else noise  # type: ignore[arg-type]
    lowered, masks = noisy(stock(*cell), of_equations, x, hidden, False)
    graph = parsed(lowered)
    at_first_use(lowered, graph, x.dtype)
    return Held(graph, tuple(masks), noise)
