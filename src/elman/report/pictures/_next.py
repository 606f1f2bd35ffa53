"""The forecast nobody can check yet: the next horizon after the data end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from elman.report._numbers import percent
from elman.report._values import columns, finite, floats, section, times
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import ACCENT, FAINT, INK, MUTED, Sheet
from elman.report.drawing._time import time_axis

from ._forecast import band


def next_picture(
    forecast: Mapping[str, Any], *, name: str, target: str
) -> Picture | None:
    """Draw the last known values and the next horizon with its interval.

    Parameters
    ----------
    forecast : mapping
        The results' ``forecast``, or one of its ``targets``.
    name, target : str
        The picture's name in the page, and what is forecast.
    """
    coming = section(forecast, "next")
    guess, linear, lower, upper = columns(
        coming, "prediction", "linear", "lower", "upper"
    )
    time = times(coming.get("time"))[: len(guess)]
    if len(time) == 0 or not np.isfinite(guess).any():
        return None
    guess, linear = guess[: len(time)], linear[: len(time)]
    lower, upper = lower[: len(time)], upper[: len(time)]
    recent = section(forecast, "recent")
    past, since = floats(recent.get("value")), times(recent.get("time"))
    length = min(len(past), len(since))
    if length and since.dtype.kind != time.dtype.kind:
        length = 0
    past, since = past[:length], since[:length]
    banded = bool(np.isfinite(lower).any())
    parted = bool(np.isfinite(linear).any())

    def draw(sheet: Sheet) -> Figure:
        # On a phone the forecast keeps half the width.
        keep = min(length, (1 if sheet.narrow else 2) * max(len(time), 12))
        old, then = past[length - keep :], since[length - keep :]
        figure = sheet.figure(270)
        axes = sheet.panel(figure, 32, 200, title=target)
        if banded:
            band(axes, time, lower, upper)
        if keep:
            axes.plot(then, old, color=INK, linewidth=1.2)
            axes.axvline(then[-1], color=FAINT, linewidth=0.8)
            if np.isfinite(old[-1]) and np.isfinite(guess[0]):
                axes.plot(
                    [then[-1], time[0]], [old[-1], guess[0]], color=ACCENT, linewidth=1
                )
        if parted:
            axes.plot(time, linear, color=MUTED, linewidth=1.2, linestyle=(0, (3, 2)))
        dot: dict[str, Any] = {"marker": "o", "markersize": 4} if len(time) < 3 else {}
        axes.plot(time, guess, color=ACCENT, linewidth=2, **dot)
        whole = np.concatenate([then, time]) if keep else time
        if len(whole) > 1:
            axes.set_xlim(whole[0], whole[-1])
        time_axis(axes, whole, sheet)
        return figure

    keys = [Key("line ink", "known")] if length else []
    keys.append(Key("line accent", "forecast"))
    if parted:
        keys.append(Key("line muted dashed", "its linear part alone"))
    known_level = finite(forecast.get("level")) is not None
    if banded:
        level = f"{percent(forecast.get('level'))} " if known_level else ""
        keys.append(Key("band accent", f"{level}interval"))
    promise = (
        f" The truth should fall inside the band {percent(forecast.get('level'))} of "
        "the time."
        if banded and known_level
        else ""
    )
    return picture(
        name,
        draw,
        alt=f"The last known {target} and the forecast of the next {len(time)} steps.",
        keys=keys,
        finding=f"The next {len(time)} steps after the data end.{promise}",
    )
