"""The whole series with its three parts, and a closer look at its rhythm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from elman.report._values import finite, floats, section, thin, times
from elman.report.drawing._picture import Picture, picture
from elman.report.drawing._style import ACCENT, INK, MUTED, RULE, WASH, Sheet, flag
from elman.report.drawing._time import time_axis


def series_picture(
    data: Mapping[str, Any], needed: int | None, forecast: Mapping[str, Any]
) -> Picture | None:
    """Draw the target over time, shaded by what each part was used for.

    Parameters
    ----------
    data : mapping
        The results' ``data`` of a forecast.
    needed : int or None
        Steps the data need, which sets how much the closer look shows.
    forecast : mapping
        The results' ``forecast``: a long series comes thinned, its recent part
        does not, which tells by how much.
    """
    value, time = floats(data.get("value")), times(data.get("time"))
    length = min(len(value), len(time))
    if length < 2 or not np.isfinite(value[:length]).any():
        return None
    value, time = value[:length], time[:length]
    target = str(data.get("target") or "value")
    train_end = _index(data.get("train_end"), length)
    validation_end = max(train_end, _index(data.get("validation_end"), length))
    parts = [
        ("train", 0, train_end),
        ("validation", train_end, validation_end),
        ("test", validation_end, length),
    ]
    every = _thinned(time, times(section(forecast, "recent").get("time")))
    period = round(needed / every) if needed else 0
    # Two of the longest rhythms before the training part ends.
    close = min(length, max(48, 2 * period if period else 96))
    start = max(0, train_end - close)
    stop = min(length, start + close)
    zoom = close < length / 2

    def draw(sheet: Sheet) -> Figure:
        height = 190 if sheet.narrow else 210
        figure = sheet.figure(2 * height + 60 if zoom else height + 54)
        axes = sheet.panel(figure, 30, height - 20, title=f"{target}, everything")
        index, low_high = thin(value, sheet.width - 54)
        axes.plot(time[index], low_high, color=MUTED, linewidth=0.7)
        _room_above(axes)
        axes.set_xlim(time[0], time[-1])
        time_axis(axes, time, sheet)
        for position, (name, begin, end) in enumerate(parts):
            if end <= begin:
                continue
            left, right = time[begin], time[min(end, length - 1)]
            if position:
                axes.axvspan(left, right, color=WASH, linewidth=0, zorder=0)
                axes.axvline(left, color=ACCENT, linewidth=0.8, zorder=1)
            # A sliver has no room for its name; the caption has it.
            if (end - begin) / length > (0.2 if sheet.narrow else 0.1):
                flag(axes, left, name, color=ACCENT if position else MUTED)
        if zoom:
            closer = sheet.panel(
                figure, height + 66, height - 46, title=f"{target}, a closer look"
            )
            part = slice(start, stop)
            closer.plot(time[part], value[part], color=INK, linewidth=1.1)
            closer.set_xlim(time[start], time[stop - 1])
            time_axis(closer, time[part], sheet)
            _period(closer, time[part], period, needed)
        return figure

    step = str(data.get("step") or "").strip()
    rows = " ".join(f"{length:,} {step} values".split())
    if every > 1:
        rows = f"One in {every} of the {step} values".replace("  ", " ")
    holes = int(np.count_nonzero(~np.isfinite(value)))
    gaps = f" {holes:,} are missing and show as gaps." if holes else ""
    said = _parts(train_end, validation_end, length)
    return picture(
        "series",
        draw,
        alt=f"{target} over time, with the training, validation and test parts.",
        reading=said,
        finding=f"{rows} of {target}.{gaps}",
    )


def _parts(train_end: int, validation_end: int, length: int) -> str:
    """Say what each part of the series was used for."""
    checked = validation_end > train_end
    tested = length > validation_end
    if not checked and not tested:
        return ""
    said = ["The network learns from what lies left of the first line."]
    if checked:
        said.append("The first shaded part, validation, decides when to stop.")
    if tested:
        last = "last shaded part" if checked else "shaded part"
        said.append(f"The {last}, the test, stays unseen until it is scored.")
    return " ".join(said)


def _index(value: Any, length: int) -> int:
    known = finite(value)
    return length if known is None else min(length, max(0, int(known)))


def _room_above(axes: Axes) -> None:
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.12 * (high - low))


def _thinned(time: NDArray[Any], recent: NDArray[Any]) -> int:
    """Return of how many values one was kept, judged by the spacing of the times."""
    if len(time) < 2 or len(recent) < 2 or time.dtype.kind != recent.dtype.kind:
        return 1
    apart = float((time[1] - time[0]).astype(float))
    step = float((recent[1] - recent[0]).astype(float))
    return max(1, round(apart / step)) if step > 0 and apart > 0 else 1


def _period(axes: Axes, time: NDArray[Any], period: int, needed: int | None) -> None:
    """Mark one period of the needed length, so that the eye can check it."""
    if not 0 < period < len(time):
        return
    axes.axvspan(time[0], time[period], color=WASH, linewidth=0, zorder=0)
    axes.axvline(time[period], color=RULE, linewidth=0.8, zorder=1)
    _room_above(axes)
    flag(axes, time[0], f"{needed:,} steps", color=MUTED)
