"""Several networks as they train: the loss on held-out sequences against seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from elman.report._values import Floats, floats, listed, rows
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    SIGNAL,
    Sheet,
    tick,
    words,
)

from ._learning import scaled

_LOOK: tuple[tuple[str, Any, str], ...] = (
    (ACCENT, "solid", "line accent"),
    (SIGNAL, "solid", "line signal"),
    (INK, "solid", "line ink"),
    (MUTED, (0, (4, 2)), "line muted dashed"),
    (SIGNAL, (0, (1, 1.5)), "line signal dotted"),
    (INK, (0, (1, 1.5)), "line ink dotted"),
    (FAINT, "solid", "line faint"),
)


def comparison_picture(comparison: Mapping[str, Any]) -> Picture | None:
    """Draw the results' ``comparison``: up to seven networks, the chosen one first."""
    curves = []
    for row in rows(comparison, "rows"):
        points = [p for p in listed(row, "curve") if isinstance(p, list)]
        # A row of the history has the seconds since the one before.
        seconds = np.cumsum(np.nan_to_num(floats([p[0] for p in points])))
        loss = floats([p[1] for p in points])
        known = np.isfinite(loss)
        if known.sum() > 1:
            curves.append((str(row.get("model")), seconds[known], loss[known]))
    curves = curves[: len(_LOOK)]
    if len(curves) < 2:
        return None
    every: Floats = np.concatenate([loss for _, _, loss in curves])

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(300)
        axes = sheet.panel(figure, 32, 210, title="loss of the validation part")
        order = list(zip(curves, _LOOK, strict=False))
        for place, ((_, seconds, loss), (colour, style, _)) in reversed(
            list(enumerate(order))
        ):
            width = 1.5 if place else 2.2
            axes.plot(seconds, loss, color=colour, linestyle=style, linewidth=width)
            axes.plot([seconds[-1]], [loss[-1]], "o", color=colour, markersize=5)
        scaled(axes, every)
        axes.set_xlim(0, None)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
        words(axes, 0, -34, "seconds of training", color=MUTED)
        return figure

    return picture(
        "comparison",
        draw,
        alt="Validation loss of several networks against seconds of training.",
        keys=[
            Key(mark, name)
            for (name, _, _), (_, _, mark) in zip(curves, _LOOK, strict=False)
        ],
        reading="Each line ends where its network's training ended; the points are its"
        " last validation. Good: a line that is low early. The seed is the first one,"
        " and the seconds are those of a clock, other programs' work included.",
        finding=str(comparison.get("verdict") or ""),
    )
