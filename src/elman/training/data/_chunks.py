"""Where streams are cut in time: even chunks, or lengths drawn around a mean."""

from __future__ import annotations

import functools
import math

import torch

# Of Merity, Keskar and Socher (2017), section 5: one chunk in twenty is half as
# long, and all lengths scatter by five steps.
_HALVED = 0.05
_DEVIATION = 5.0


@functools.lru_cache(maxsize=8)
def chunk_ends(
    length: int, steps: int, *, random: bool = False, seed: int = 0, epoch: int = 0
) -> list[int]:
    """Return the last step, exclusive, of every chunk; together they cover all.

    Parameters
    ----------
    length : int
        Steps of a row.
    steps : int
        Of a chunk; the mean if they are drawn.
    random : bool
        Draw the lengths, between one step (five where chunks are longer) and twice
        ``steps``.
    seed, epoch : int
        All that the drawn lengths depend on.
    """
    if not random:
        return [*range(steps, length, steps), length]
    draw = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    most = math.ceil(length / max(1, min(5, steps)))
    halved = torch.rand(most, generator=draw) < _HALVED
    noise = torch.randn(most, generator=draw, dtype=torch.float64) * _DEVIATION
    means = torch.where(halved, steps / 2, float(steps)).double()
    drawn = (means + noise).round().clamp(min(5, steps), 2 * steps).long()
    ends = torch.cumsum(drawn, 0)
    return [*ends[ends < length].tolist(), length]
