"""Some of the sequences themselves, and how long they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from elman.report._numbers import number
from elman.report._values import Floats, finite, floats, listed, rows, thin
from elman.report.drawing._bars import bars
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import ACCENT, FAINT, MUTED, SIGNAL, Sheet, tick, words

_LOOK: tuple[tuple[str, Any, str], ...] = (
    (ACCENT, "solid", "line accent"),
    (MUTED, "solid", "line muted"),
    (SIGNAL, (0, (3, 1.5)), "line signal dashed"),
)


def examples_picture(data: Mapping[str, Any]) -> Picture | None:
    """Draw up to eight example sequences, at most three channels of each."""
    shown = []
    for example in rows(data, "examples"):
        channels = [floats(c) for c in listed(example, "values")[:3]]
        channels = [c for c in channels if len(c) > 1 and np.isfinite(c).any()]
        if channels:
            shown.append((_label(example.get("label")), channels))
    shown = shown[:8]
    if not shown:
        return None
    longest = max(len(c) for _, channels in shown for c in channels)
    lanes = max(len(channels) for _, channels in shown)

    def draw(sheet: Sheet) -> Figure:
        across = min(len(shown), 2 if sheet.narrow else 4)
        down = -(-len(shown) // across)
        height = 116
        figure = sheet.figure(down * height + 8)
        cell = sheet.width / across
        for place, (label, channels) in enumerate(shown):
            row, column = divmod(place, across)
            axes = sheet.panel(
                figure,
                row * height + 26,
                height - 44,
                left=column * cell + 2,
                right=sheet.width - (column + 1) * cell + 16,
            )
            words(axes, 0, height - 40, label, color=MUTED)
            _draw_one(axes, channels, longest, int(cell))
        return figure

    keys = [
        Key(mark, f"channel {i + 1}") for i, (_, _, mark) in enumerate(_LOOK[:lanes])
    ]
    return picture(
        "examples",
        draw,
        alt=f"{len(shown)} example sequences, each with its label.",
        keys=keys if lanes > 1 else (),
        finding=f"{len(shown)} of the sequences, on one time scale of {longest} steps; "
        "above each stands its label. Each has its own vertical scale.",
    )


def _draw_one(axes: Any, channels: list[Floats], longest: int, pixels: int) -> None:
    for (colour, line, _), values in zip(_LOOK, channels, strict=False):
        index, seen = thin(values, pixels)
        axes.plot(index, seen, color=colour, linestyle=line, linewidth=1.3)
    axes.set_xlim(0, longest - 1)
    axes.yaxis.set_major_locator(NullLocator())
    axes.xaxis.set_major_locator(NullLocator())
    axes.grid(visible=False)


def _label(label: Any) -> str:
    known = finite(label)
    text = number(known, 4) if known is not None else str(label)
    return text if len(text) <= 18 else f"{text[:17]}…"


def lengths_picture(data: Mapping[str, Any]) -> Picture | None:
    """Draw how many sequences there are of each length; nothing if all are equal."""
    length = floats(data.get("lengths"))
    length = length[np.isfinite(length)]
    if len(length) < 2 or length.min() == length.max():
        return None
    low, high = int(length.min()), int(length.max())
    bars = min(30, high - low + 1)
    edges = np.linspace(low - 0.5, high + 0.5, bars + 1)
    counts = np.histogram(length, edges)[0].astype(float)
    return bars_picture(
        "lengths",
        counts,
        edges,
        title="sequences",
        below="length in steps",
        finding=f"{len(length):,} sequences of {low:,} to {high:,} steps.",
    )


def targets_picture(histogram: Any) -> Picture | None:
    """Draw the histogram of a regression's target (``edges`` and ``counts``)."""
    if not isinstance(histogram, Mapping):
        return None
    edges, counts = floats(histogram.get("edges")), floats(histogram.get("counts"))
    if len(edges) < 2 or len(counts) != len(edges) - 1:
        return None
    if not (np.isfinite(edges).all() and np.isfinite(counts).all()):
        return None
    return bars_picture(
        "targets",
        counts,
        edges,
        title="sequences",
        below="target",
        finding=f"The target runs from {number(edges[0])} to {number(edges[-1])}.",
    )


def bars_picture(
    name: str, counts: Floats, edges: Floats, *, title: str, below: str, finding: str
) -> Picture:
    """Draw counted values as bars between their edges."""

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(190)
        axes = sheet.panel(figure, 32, 105, title=title)
        width = np.diff(edges)
        bars(axes, edges[:-1] + 0.08 * width, edges[1:] - 0.08 * width, counts)
        axes.set_xlim(edges[0], edges[-1])
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_locator(MaxNLocator(6 if sheet.narrow else 10))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
        axes.spines["bottom"].set_color(FAINT)
        words(axes, 0, -34, below, color=MUTED)
        return figure

    return picture(name, draw, alt=f"{title} by {below}.", finding=finding)
