"""The error rate against the seconds of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from elman.report._values import finite, floats, rows, section
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import ACCENT, INK, MUTED, Sheet, words


def error_rates_picture(results: Mapping[str, Any]) -> Picture | None:
    """Draw the results' ``error_rates`` beside the best baseline's."""
    found = rows(results, "error_rates")
    seconds = floats([row.get("seconds") for row in found])
    rate = floats([row.get("error_rate") for row in found])
    if len(rate) < 2 or not np.isfinite([seconds, rate]).all():
        return None
    scores = section(results, "scores")
    metric = str(scores.get("metric") or "error rate")
    simple = [
        (value, str(row.get("model")))
        for row in rows(scores, "rows")
        if row.get("kind") == "baseline"
        and (value := finite(section(row, "values").get(metric))) is not None
    ]
    best = min(simple, default=None)

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(220)
        axes = sheet.panel(figure, 32, 135, title=metric)
        axes.plot(seconds, rate, "o-", color=ACCENT, markersize=4, linewidth=2)
        if best is not None:
            axes.axhline(best[0], color=INK, linewidth=1, linestyle="dotted")
        axes.set_ylim(0, max(1.0, float(rate.max())) * 1.04)
        axes.set_xlim(0, float(seconds[-1]) or 1.0)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        words(axes, 0, -34, "seconds of training", color=MUTED)
        return figure

    keys = [Key("line accent", "each step's likeliest symbol, on the validation part")]
    if best is not None:
        keys.append(Key("dotted", f"{best[1]}, {best[0]:.3f}"))
    least = float(rate.min())
    return picture(
        "error-rates",
        draw,
        alt=f"{metric} by seconds of training.",
        keys=keys,
        reading="At first a network says nothing at all, and the rate is 1: then come"
        " the labels. Good: a steep fall to near zero. Bad: it stays at 1, or comes to"
        " rest above the dotted line.",
        finding=f"The lowest rate measured while it trained was {least:.3f}.",
    )
