"""Bars drawn quietly: a pale body and a firm top."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from elman.report._values import Floats

from ._style import ACCENT


def bars(axes: Axes, left: Floats, right: Floats, height: Floats) -> None:
    """Draw bars from zero, between `left` and `right` (n,); NaN is no bar."""
    axes.bar(
        left,
        np.nan_to_num(height),
        width=right - left,
        align="edge",
        color=ACCENT,
        alpha=0.25,
        linewidth=0,
    )
    # The tops as one path with gaps between them.
    gap = np.full(len(height), np.nan)
    x = np.column_stack([left, right, gap]).ravel()
    y = np.column_stack([height, height, gap]).ravel()
    axes.plot(x, y, color=ACCENT, linewidth=2, solid_capstyle="butt")
    axes.set_ylim(0, None)
