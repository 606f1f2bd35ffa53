"""A curve in one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int = 60) -> str:
    """Draw values from their lowest to their highest, one bar each, thinned to fit.

    Parameters
    ----------
    values : sequence of float or None
        None draws a gap.
    width : int
        At most so many characters.
    """
    count = min(len(values), width)
    picked = [values[i * len(values) // count] for i in range(count)]
    known = [v for v in picked if v is not None and math.isfinite(v)]
    if not known:
        return ""
    low, high = min(known), max(known)
    step = (high - low) or 1.0
    return "".join(
        " "
        if v is None or not math.isfinite(v)
        else _BARS[min(int((v - low) / step * len(_BARS)), len(_BARS) - 1)]
        for v in picked
    )
