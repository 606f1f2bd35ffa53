"""What a layer can keep: its units' time constants, and what a step does to a state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from elman.report._values import Floats, floats, rows, section
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import (
    ACCENT,
    INK,
    MUTED,
    SIGNAL,
    Sheet,
    power,
    tick,
    words,
)

from ._flow import FADED
from ._flow_words import network_keys
from ._memory_words import scales_finding, spectrum_finding
from ._verdict import current, needed_of, verdict_of

_LONGEST = 1e6  # steps: a unit that never lets go

_UNITS = (
    "A gate decides how much of its unit's memory survives a step; the time constant "
    "is the number of steps after which a third is left. Good: a curve that rises from "
    "short memories to some above the straight line. Under it altogether, no unit "
    "holds on for long enough by itself: then the gradient, in the picture of its "
    "flow, has to show that they do so together."
)
_MODES = (
    "No unit of this layer keeps anything by itself: what lasts is kept by patterns of "
    "all units, the modes of an average step (the eigenvectors of its Jacobian). The "
    "time constant is the number of steps after which a third of a mode is left. Good: "
    "a curve that ends above the straight line."
)


def scales_picture(diagnosis: Mapping[str, Any]) -> Picture | None:
    """Draw the time constants of the headline layer's units, sorted.

    Parameters
    ----------
    diagnosis : mapping
        The results' ``diagnosis``.
    """
    name, before, after = _both(diagnosis, "saturation", "time_scales")
    modes = _of_modes(diagnosis, name)
    if not len(before) and not len(after):
        return None
    before, after = (np.minimum(v[v > 0], _LONGEST) for v in (before, after))
    needed = needed_of(diagnosis)
    verdict = verdict_of(current(diagnosis), needed)
    # What it takes to keep a thousandth of a gradient over the steps needed.
    enough = needed / -math.log(FADED) if needed else None
    ill = len(after) > 0

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(262)
        axes = sheet.panel(figure, 32, 180, title=f"{name}: time constant in steps")
        _sorted(axes, [before, after], ill=ill)
        if enough:
            axes.axhline(enough, color=INK, linewidth=1.2, zorder=3)
        each = "modes" if modes else "units"
        words(axes, 0, -34, f"{each} in %, the quickest to the slowest", color=MUTED)
        _logarithmic(axes, [before, after, np.array([enough or 1.0])])
        return figure

    keys = network_keys(ill, len(before) > 0, len(after) > 0)
    if enough:
        keys.append(Key("line ink", "enough for what the data need"))
    return picture(
        "time-scales",
        draw,
        alt="Time constants of the units of a layer, sorted.",
        keys=keys,
        reading=_MODES if modes else _UNITS,
        finding=scales_finding(name, before, after, needed, enough, verdict, modes),
    )


def spectrum_picture(diagnosis: Mapping[str, Any]) -> Picture | None:
    """Draw the singular values of the headline layer's one-step Jacobian.

    Parameters
    ----------
    diagnosis : mapping
        The results' ``diagnosis``.
    """
    name, before, after = _both(diagnosis, "lyapunov", "singular_values")
    if not len(before) and not len(after):
        return None
    before, after = (np.clip(v[np.isfinite(v)], 1e-6, 1e6) for v in (before, after))
    part = current(diagnosis)
    exponent = next(
        (row for row in rows(part, "lyapunov") if row.get("name") == name), {}
    )
    needed = needed_of(diagnosis)
    verdict = verdict_of(part, needed)
    ill = len(after) > 0

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(262)
        axes = sheet.panel(
            figure, 32, 180, title=f"{name}: kept of a gradient by a step"
        )
        _sorted(axes, [before, after], ill=ill)
        axes.axhline(1.0, color=INK, linewidth=1.2, zorder=3)
        words(axes, 0, -34, "directions in %, the best kept first", color=MUTED)
        _logarithmic(axes, [before, after, np.ones(1)])
        return figure

    return picture(
        "spectrum",
        draw,
        alt="Singular values of the one-step Jacobian of a layer, sorted.",
        keys=[
            *network_keys(ill, len(before) > 0, len(after) > 0),
            Key("line ink", "one: kept as it is"),
        ],
        reading="One step multiplies a gradient, by another factor in each direction "
        "of the state (the singular values of its Jacobian). Good: many directions "
        "just below the straight line, which last. Bad: all far below it, which is "
        "forgetting, or many above it, which is chaos. Over many steps the turning of "
        "the directions counts as well: the rate in the sentence above has it in.",
        finding=spectrum_finding(name, exponent, needed, verdict),
    )


def _both(diagnosis: Mapping[str, Any], part: str, key: str) -> tuple[str, Any, Any]:
    """Return the headline layer's name, and its values before and after the remedy."""
    parts = [section(diagnosis, which) for which in ("before", "after")]
    heads = [p.get("headline") for p in parts if p.get("headline")]
    name = str(heads[-1]) if heads else ""
    found = []
    for measured in parts:
        row = next((r for r in rows(measured, part) if r.get("name") == name), {})
        values = floats(row.get(key))
        found.append(values[np.isfinite(values)])
    return name, found[0], found[1]


def _of_modes(diagnosis: Mapping[str, Any], name: str) -> bool:
    """Return whether the time constants of a layer are those of modes, not of units."""
    found = [
        row.get("scales_of")
        for which in ("before", "after")
        for row in rows(section(diagnosis, which), "saturation")
        if row.get("name") == name
    ]
    return bool(found) and found[-1] == "modes"


def _sorted(axes: Axes, curves: list[Floats], *, ill: bool) -> None:
    for place, values in enumerate(curves):
        if len(values) == 0:
            continue
        first = place == 0 and ill
        share = np.linspace(0, 100, len(values)) if len(values) > 1 else np.array([50])
        axes.plot(
            share,
            values,
            color=SIGNAL if first else ACCENT,
            linestyle=(0, (4, 2.5)) if first else "-",
            linewidth=2,
            marker="o" if len(values) < 3 else "",
            zorder=4,
        )
    axes.set_xlim(0, 100)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _logarithmic(axes: Axes, curves: list[Floats]) -> None:
    known = np.concatenate([v for v in curves if len(v)])
    low, high = float(known.min()), float(known.max())
    axes.set_yscale("log")
    axes.set_ylim(low / 1.4, high * 1.4)
    wide = high > 30 * low
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=6)
    )
    axes.yaxis.set_major_formatter(FuncFormatter(power if wide else tick))
    axes.yaxis.set_minor_locator(NullLocator())
