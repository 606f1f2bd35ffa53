"""A matrix as fields in shades of one colour, such as a spectrogram."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from elman.report._values import Floats

from ._style import INK

_ALPHAS = (0.07, 0.16, 0.28, 0.42, 0.58, 0.76)
_MOST_ROWS = 24


def shades(
    axes: Axes, values: Floats, columns: int = 160, *, colour: str = INK
) -> None:
    """Fill the axes with fields, the darker, the larger the value.

    Rows of values stand on top of each other, the first at the bottom; the lightest
    and the darkest shade are the 10th and the 98th percentile. Of more columns than
    asked for, and more than 24 rows, means are drawn.

    Parameters
    ----------
    axes : Axes
        From 0 to 1 upwards, and across from 0 to the number of columns of the values.
    values : ndarray
        (rows, columns); NaN is left empty.
    columns : int
        Fields across, at most.
    colour : str
        Of the palette.
    """
    across = values.shape[1]
    grid = _means(_means(values, _MOST_ROWS).T, columns).T
    known = grid[np.isfinite(grid)]
    if not len(known):
        return
    low, high = np.percentile(known, [10, 98])
    share = (grid - low) / (high - low if high > low else 1.0)
    level = np.clip(np.floor(share * len(_ALPHAS)), -1, len(_ALPHAS) - 1)
    for shade, alpha in enumerate(_ALPHAS):
        path = _fields(level == shade, across / grid.shape[1], 1 / len(grid))
        if path is not None:
            # Neighbours must not show seams.
            look = {"facecolor": colour, "alpha": alpha, "antialiased": False}
            axes.add_patch(PathPatch(path, linewidth=0, **look))
    axes.set_xlim(0, across)
    axes.set_ylim(0, 1)
    axes.grid(visible=False)


def _means(values: Floats, most: int) -> Floats:
    """Return at most so many rows, the means of those side by side."""
    groups = -(-len(values) // -(-len(values) // most))
    parts = np.array_split(np.nan_to_num(values), groups)
    return np.array([part.mean(0) for part in parts])


def _fields(here: NDArray[np.bool_], wide: float, high: float) -> Path | None:
    """Return the fields as one path, those side by side joined."""
    corners: list[tuple[float, float]] = []
    for row, own in enumerate(here):
        edges = np.flatnonzero(np.diff(own.astype(int), prepend=0, append=0))
        for start, stop in edges.reshape(-1, 2):
            left, right = start * wide, stop * wide
            low, top = row * high, (row + 1) * high
            corners += [(left, low), (left, top), (right, top), (right, low)]
            corners.append((left, low))
    if not corners:
        return None
    codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * (len(corners) // 5)
    return Path(corners, codes)
