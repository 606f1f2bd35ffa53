"""How far gradients reach, before and after the remedy, and how far they need to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from elman.report._values import Floats, finite, floats, rows, section
from elman.report.drawing._picture import Picture, picture
from elman.report.drawing._style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    RULE,
    SIGNAL,
    Sheet,
    flag,
    power,
    words,
)

from ._flow_words import flow_finding, flow_keys
from ._verdict import needed_of

FADED = 1e-3  # a gradient this much smaller no longer teaches; see elman.diagnosis
_FLOOR = 1e-8  # below float32's resolution nothing is worth a picture


def flow_picture(diagnosis: Mapping[str, Any]) -> Picture | None:
    """Draw ‖∂L/∂h‖ against the lag, relative to lag 0, and the autocorrelation.

    Parameters
    ----------
    diagnosis : mapping
        The results' ``diagnosis``.
    """
    before = lag_curves(section(diagnosis, "before"))
    after = lag_curves(section(diagnosis, "after"))
    if not before and not after:
        return None
    known = needed_of(diagnosis)
    needed = int(known) if known else None
    acf = floats(diagnosis.get("acf"))
    horizon_before = finite(section(diagnosis, "before").get("horizon"))
    horizon_after = finite(section(diagnosis, "after").get("horizon"))

    last = max(float(lag[-1]) for _, lag, _ in [*before, *after])
    reach = max(last, 1.04 * needed if needed else 0)
    # What is wrong has the warning colour; one network in good health has not.
    ill = bool(after) or section(diagnosis, "before").get("verdict") != "healthy"
    first: dict[str, Any] = (
        {"color": SIGNAL, "linestyle": (0, (4, 2.5))} if ill else {"color": ACCENT}
    )
    # With two points close together the label of the first goes to its left.
    near = bool(
        horizon_before
        and horizon_after
        and 0 <= horizon_after - horizon_before < 0.4 * reach
    )

    def draw(sheet: Sheet) -> Figure:
        tall = 250 if sheet.narrow else 280
        figure = sheet.figure(tall + (202 if len(acf) > 1 else 62))
        top = sheet.panel(figure, 32, tall - 20, title="gradient, relative to lag 0")
        _frame(top, [*before, *after], reach)
        _curves(top, before, first, horizon_before, below=near)
        _curves(top, after, {"color": ACCENT}, horizon_after, below=False)
        if needed:
            _needed(top, needed, reach)
        axes = top
        if len(acf) > 1:
            axes = sheet.panel(
                figure, tall + 62, 90, title="the data: correlation with their own past"
            )
            _correlation(axes, acf, needed, reach)
            top.tick_params(labelbottom=False)
        words(axes, 0, -34, "lag in steps: how far back", color=MUTED)
        return figure

    return picture(
        "flow",
        draw,
        alt="Size of the gradient against the lag in steps, on a logarithmic scale"
        + (", above the autocorrelation of the data." if len(acf) > 1 else "."),
        keys=flow_keys(
            ill, bool(before), bool(after), max(len(before), len(after)) > 1
        ),
        reading="Each line shows how much of the error's gradient still arrives "
        "after travelling back that many steps. A line that stays up until the "
        "needed mark is good: the network can learn from that far back. A line that "
        "falls below a thousandth before the mark is bad: what happened earlier "
        "cannot be learned; one that shoots up makes training unstable.",
        finding=flow_finding(diagnosis),
    )


def lag_curves(part: Mapping[str, Any]) -> list[tuple[str, Floats, Floats]]:
    """Return (name, lag, norm relative to lag 0) of each layer, the headline first.

    The headline is the layer the diagnosis names; without one, the longest.
    """
    found = []
    for entry in rows(part, "profile"):
        norm, lag = floats(entry.get("norm")), floats(entry.get("lag"))
        if len(lag) < len(norm):
            lag = np.arange(len(norm), dtype=float)
        lag = lag[: len(norm)]
        if len(norm) < 2 or not norm[0] > 0:
            continue
        relative = norm / norm[0]
        relative[~(relative > 0)] = np.nan
        found.append((str(entry.get("name") or "layer"), lag, relative))
    head = part.get("headline")
    return sorted(found, key=lambda curve: (curve[0] != head, -len(curve[1])))


def _frame(axes: Axes, curves: list[tuple[str, Floats, Floats]], reach: float) -> None:
    values = np.concatenate([norm for _, _, norm in curves])
    low = max(_FLOOR, min(2e-4, float(np.nanmin(values))))
    high = max(10.0, 4 * float(np.nanmax(values)))
    axes.set_yscale("log")
    axes.set_ylim(low / 2, high)
    axes.set_xlim(0, reach)
    exponents = np.arange(np.ceil(np.log10(low)), np.floor(np.log10(high) - 0.2) + 1)
    every = max(1, int(np.ceil(len(exponents) / 7)))
    shown = [e for e in exponents if e % every == 0]
    axes.yaxis.set_major_locator(FixedLocator([10.0**e for e in shown]))
    axes.yaxis.set_major_formatter(FuncFormatter(power))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.axhline(FADED, color=SIGNAL, linewidth=0.9, linestyle=(0, (1, 2.5)))


def _curves(
    axes: Axes,
    curves: list[tuple[str, Floats, Floats]],
    look: dict[str, Any],
    horizon: float | None,
    *,
    below: bool,
) -> None:
    for position, (_, lag, norm) in enumerate(curves):
        first = position == 0
        axes.plot(
            lag,
            norm,
            **(look if first else {**look, "color": FAINT}),
            linewidth=2 if first else 1,
            zorder=4 if first else 2,
        )
    if not curves or horizon is None:
        return
    right = axes.get_xlim()[1]
    if horizon > right:
        return
    _, lag, norm = curves[0]
    there = norm[np.searchsorted(lag, horizon)] if horizon <= lag[-1] else FADED
    level = float(there) if np.isfinite(there) else FADED
    dot = {"color": look["color"], "markersize": 6, "zorder": 5, "clip_on": False}
    axes.plot([horizon], [level], "o", **dot)
    # The curve falls: above right of the point and below left of it are free.
    width = axes.get_window_extent().width
    text = f"{horizon:,.0f} steps"
    text, room = (f"reaches {text}", 120) if width > 400 else (text, 70)
    pixels = width / right
    left = pixels * (right - horizon) < room or (below and pixels * horizon > room)
    axes.annotate(
        text,
        (horizon, FADED),
        xytext=(-8 if left else 8, -9 if left else 7),
        textcoords="offset pixels",
        horizontalalignment="right" if left else "left",
        verticalalignment="top" if left else "bottom",
        color=look["color"],
        zorder=6,
    )


def _needed(axes: Axes, needed: int, reach: float) -> None:
    axes.axvline(needed, color=INK, linewidth=1.2, zorder=3)
    late = needed > reach / 2
    flag(axes, needed, f"needed: {needed:,} steps", late=late, color=INK)


def _correlation(axes: Axes, acf: Floats, needed: int | None, reach: float) -> None:
    lag = np.arange(len(acf))
    axes.fill_between(lag, 0, np.nan_to_num(acf), color=FAINT, alpha=0.35, linewidth=0)
    axes.plot(lag, acf, color=MUTED, linewidth=1)
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.set_xlim(0, reach)
    low = float(np.nanmin(acf)) if np.isfinite(acf).any() else 0.0
    axes.set_ylim(min(-0.1, low), 1.05)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.yaxis.set_major_locator(FixedLocator([-1, -0.5, 0, 0.5, 1]))
    axes.yaxis.grid(False)
    axes.spines["bottom"].set_color(RULE)
    if needed and needed < len(acf) and np.isfinite(acf[needed]):
        axes.plot([needed, needed], [0, acf[needed]], color=INK, linewidth=1.2)
        axes.plot([needed], [acf[needed]], "o", color=INK, markersize=5)
