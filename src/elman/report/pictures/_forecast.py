"""Predictions against truth on the test part, and the correction by the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from elman.report._numbers import percent
from elman.report._values import Floats, columns, listed, section, times
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import ACCENT, FAINT, INK, MUTED, Sheet
from elman.report.drawing._time import time_axis


def forecast_picture(
    forecast: Mapping[str, Any],
    *,
    needed: int | None,
    name: str,
    target: str,
    part: str,
) -> Picture | None:
    """Draw the first stretch of what was scored: truth, prediction, interval, parts.

    Parameters
    ----------
    forecast : mapping
        The results' ``forecast``, or one of its ``targets``.
    needed : int or None
        Steps the data need; two of these are shown, on a phone one.
    name, target : str
        The picture's name in the page, and what is forecast.
    part : str
        What was scored: ``test``, or ``validation`` where no test was held out.
    """
    test = section(forecast, "test")
    truth, guess, linear, lower, upper = columns(
        test, "truth", "prediction", "linear", "lower", "upper"
    )
    time = times(test.get("time"))
    length = min(len(time), len(guess))
    if length < 2 or not np.isfinite(guess).any():
        return None
    parted = bool(np.isfinite(linear[:length]).any())
    banded = bool(np.isfinite(lower[:length]).any())
    steps = len(listed(forecast, "error_by_step"))
    shown = min(length, 400, max(48, 2 * (needed or 0), 4 * steps))

    def draw(sheet: Sheet) -> Figure:
        seen = slice(0, max(min(length, 36), shown // 2) if sheet.narrow else shown)
        tall = 240 if sheet.narrow else 290
        figure = sheet.figure(tall + 34 + (128 if parted else 0))
        axes = sheet.panel(figure, 32, tall - 30, title=target)
        if banded:
            band(axes, time[seen], lower[seen], upper[seen])
        if parted:
            axes.plot(
                time[seen],
                linear[seen],
                color=MUTED,
                linewidth=1.2,
                linestyle=(0, (3, 2)),
            )
        axes.plot(time[seen], truth[seen], color=INK, linewidth=1.2)
        axes.plot(time[seen], guess[seen], color=ACCENT, linewidth=1.8)
        axes.set_xlim(time[seen][0], time[seen][-1])
        time_axis(axes, time[seen], sheet)
        if parted:
            axes.tick_params(labelbottom=False, length=0)
            below = sheet.panel(
                figure, tall + 38, 84, title="what the network adds to the linear part"
            )
            _correction(below, time[seen], (guess - linear)[seen])
            below.set_xlim(time[seen][0], time[seen][-1])
            time_axis(below, time[seen], sheet)
        return figure

    keys = [Key("line ink", "truth"), Key("line accent", "prediction")]
    if parted:
        keys.append(Key("line muted dashed", "its linear part alone"))
    if banded:
        keys.append(Key("band accent", f"{percent(forecast.get('level'))} interval"))
    return picture(
        name,
        draw,
        alt=f"Predicted and true {target} over the first stretch of the {part} part.",
        keys=keys,
        reading="Good: the prediction follows the truth, and the truth stays inside "
        "the band about as often as the band promises. Bad: predicted peaks come late "
        "or flat, or the truth leaves the band again and again.",
        finding=_finding(forecast, shown, length, parted, part),
    )


def band(axes: Axes, time: NDArray[Any], lower: Floats, upper: Floats) -> None:
    """Fill a prediction interval, with gaps where it is not known."""
    known = np.isfinite(lower) & np.isfinite(upper)
    axes.fill_between(
        time,
        np.nan_to_num(lower),
        np.nan_to_num(upper),
        where=known.tolist(),
        color=ACCENT,
        alpha=0.18,
        linewidth=0,
    )


def _correction(axes: Axes, time: NDArray[Any], added: Floats) -> None:
    axes.fill_between(
        time, 0, np.nan_to_num(added), color=ACCENT, alpha=0.35, linewidth=0
    )
    axes.plot(time, added, color=ACCENT, linewidth=1)
    axes.axhline(0, color=FAINT, linewidth=0.8)


def _finding(
    forecast: Mapping[str, Any], shown: int, length: int, parted: bool, part: str
) -> str:
    said = "Each point was forecast without seeing it or anything after it."
    if shown < length:
        said = f"The first {shown:,} of {length:,} {part} steps, not chosen. {said}"
    coverage, level = percent(forecast.get("coverage")), percent(forecast.get("level"))
    if coverage != "–" and level != "–":
        said += (
            f" Over the whole {part} part, {coverage} of the truth lies inside the "
            f"{level} interval."
        )
    said += _quantiles(section(forecast, "quantiles"))
    if parted:
        said += " The lower panel is the network's own share of the prediction."
    return said


def _quantiles(scores: Mapping[str, Any]) -> str:
    """Return how much of the truth lay at or below each quantile asked for."""
    levels, shares = columns(scores, "level", "coverage")
    told = [
        f"{percent(share)} at or below that of {level:g}"
        for level, share in zip(levels, shares, strict=False)
        if np.isfinite(share)
    ]
    return f" Of its quantiles: {', '.join(told)}." if told else ""
