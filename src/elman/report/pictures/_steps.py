"""How the error grows with the distance forecast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from elman.report._numbers import number
from elman.report._values import floats
from elman.report.drawing._bars import bars
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import MUTED, Sheet, words


def steps_picture(
    forecast: Mapping[str, Any], *, metric: str, name: str
) -> Picture | None:
    """Draw the error of each step of the horizon.

    Parameters
    ----------
    forecast : mapping
        The results' ``forecast``, or one of its ``targets``.
    metric : str
        What the error is called.
    name : str
        The picture's name in the page.
    """
    error = floats(forecast.get("error_by_step"))
    linear = floats(forecast.get("linear_error_by_step"))
    parted = len(linear) == len(error) and bool(np.isfinite(linear).any())
    if len(error) < 2 or not np.isfinite(error).any():
        return None
    step = np.arange(1.0, len(error) + 1)

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(200)
        axes = sheet.panel(figure, 32, 115, title=f"{metric} at each step")
        bars(axes, step - 0.36, step + 0.36, error)
        if parted:
            axes.plot(step, linear, color=MUTED, linewidth=1.2, linestyle=(0, (3, 2)))
        axes.set_xlim(0.4, len(error) + 0.6)
        axes.xaxis.set_major_locator(
            MaxNLocator(8 if sheet.narrow else 12, integer=True)
        )
        axes.tick_params(axis="x", length=0)
        words(axes, 0, -34, "steps ahead", color=MUTED)
        return figure

    worst = int(np.nanargmax(error))
    return picture(
        name,
        draw,
        keys=[
            Key("band accent", "prediction"),
            Key("line muted dashed", "its linear part alone"),
        ]
        if parted
        else (),
        alt=f"{metric} by forecast step, from 1 to {len(error)} steps ahead.",
        reading="Good: low, and level to the end of the horizon. Bad: bars that "
        "climb, since the forecast then loses its hold with distance.",
        finding=f"The first step has {metric} {number(error[0])}, the last "
        f"{number(error[-1])}; the largest is {number(error[worst])} at step "
        f"{worst + 1}.",
    )
