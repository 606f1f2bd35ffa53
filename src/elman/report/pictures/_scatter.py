"""Predicted against true values of a regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from elman.report._values import columns
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import ACCENT, INK, MUTED, Sheet, tick, words


def scatter_picture(predicted: Mapping[str, Any]) -> Picture | None:
    """Draw each test prediction against its truth, around the line of equality.

    Points that would fall on the same pixel are drawn once.
    """
    truth, guess = columns(predicted, "truth", "prediction")
    known = np.isfinite(truth) & np.isfinite(guess)
    truth, guess = truth[known], guess[known]
    if len(truth) < 2:
        return None
    low = float(min(truth.min(), guess.min()))
    high = float(max(truth.max(), guess.max()))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    margin = 0.04 * (high - low)
    low, high = low - margin, high + margin

    def draw(sheet: Sheet) -> Figure:
        side = 270 if sheet.narrow else 380
        figure = sheet.figure(side + 84)
        axes = sheet.panel(
            figure, 32, side, right=sheet.width - 46 - side, title="predicted"
        )
        axes.plot([low, high], [low, high], color=INK, linewidth=1)
        pixel = np.round(np.column_stack([truth, guess]) / (high - low) * side / 2)
        first = np.unique(pixel, axis=0, return_index=True)[1]
        # One path of zero-length strokes: a dot for 30 bytes.
        x = np.repeat(truth[np.sort(first)], 3)
        y = np.repeat(guess[np.sort(first)], 3)
        x[2::3] = np.nan
        y[2::3] = np.nan
        axes.plot(
            x,
            y,
            color=ACCENT,
            linewidth=5.5 if len(first) < 600 else 4,
            alpha=0.7 if len(first) < 600 else 0.55,
            solid_capstyle="round",
        )
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
        words(axes, 0, -36, "true", color=MUTED)
        return figure

    return picture(
        "scatter",
        draw,
        alt="Predicted against true values.",
        keys=[
            Key("dot accent", "one sequence held out"),
            Key("line ink thin", "perfect prediction"),
        ],
        reading="Good: the points hug the line. Bad: a cloud without a slope, or "
        "points that bend away from the line at either end.",
        finding=f"{len(truth):,} predictions of sequences held out.",
    )
