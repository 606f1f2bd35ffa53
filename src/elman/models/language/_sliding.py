"""A text read through a sliding window, by an encoder that carries no state."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor


def slide(
    run: Callable[[Tensor], Tensor], tokens: Tensor, before: Tensor | None, most: int
) -> tuple[Tensor, Tensor]:
    r"""Return one vector a token, each made of a bounded part of what stands before.

    The window grows to :math:`W` tokens, and then begins anew with its second half:
    after the first :math:`W` tokens of a text each is read together with at least
    :math:`\lceil W/2 \rceil` and at most :math:`W - 1` before it. Which ones depends
    on a token's place in the text alone, not on how the text is handed over.

    Parameters
    ----------
    run : callable
        From tokens (B, t) to vectors (B, t, H).
    tokens : Tensor
        int64 (B, T): what comes next.
    before : Tensor or None
        int64 (1, B, c): what this returned last; None at the start of a text.
    most : int
        W.

    Returns
    -------
    vectors : Tensor
        (B, T, H).
    window : Tensor
        int64 (1, B, c): the tokens that the next one may be read with. The rows are
        on the axis on which recurrent states have them.
    """
    window = tokens[:, :0] if before is None else before[0]
    found = []
    for low, high in _pieces(window.shape[1], tokens.shape[1], most):
        if window.shape[1] >= most:
            window = window[:, -_half(most) :]
        window = torch.cat([window, tokens[:, low:high]], 1)
        found.append(run(window)[:, low - high :])
    return torch.cat(found, 1), window[None]


def _pieces(held: int, count: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield which of the tokens are read at once, the window holding so many."""
    low = 0
    while low < count:
        held = _half(most) if held >= most else held
        high = min(count, low + most - held)
        yield low, high
        held, low = held + high - low, high


def _half(most: int) -> int:
    """Return what is kept of a full window: less than all of it."""
    return min(-(-most // 2), most - 1)
