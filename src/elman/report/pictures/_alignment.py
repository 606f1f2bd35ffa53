"""Which steps of a sequence said which label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from elman._plain import visible
from elman.report._values import Floats, finite, floats, listed, rows
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._shades import shades
from elman.report.drawing._style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    SIGNAL,
    WASH,
    Sheet,
    words,
)

_LINES = 3  # channels that are drawn as lines; more are a map
_LETTERS, _LETTER = 12, 7.2
_HIGH, _LOW = 96, 70


@dataclass(frozen=True)
class Aligned:
    """A sequence, what it was found to say, and the probability of each symbol."""

    labels: Sequence[str]
    spans: Sequence[Floats]
    steps: float
    frames: float
    symbols: Sequence[tuple[str, Floats]]
    channels: Sequence[Floats]


def alignment_picture(drawn: Mapping[str, Any], name: str) -> Picture | None:
    """Draw a sequence with the steps that said each label.

    Parameters
    ----------
    drawn : mapping
        labels and spans; steps, and how many of them are read as one; chances of each
        symbol; input.
    name : str
        Unique in the page.
    """
    labels = [visible(str(label))[:_LETTERS] for label in listed(drawn, "labels")]
    spans = [floats(span) for span in listed(drawn, "spans")]
    steps, frames = finite(drawn.get("steps")), finite(drawn.get("frames"))
    symbols = [
        (str(row.get("label") or ""), floats(row.get("values")))
        for row in rows(drawn, "chances")
    ]
    channels = [floats(row) for row in listed(drawn, "input")]
    if not steps or not frames or not symbols or len(spans) != len(labels):
        return None
    if any(len(span) != 2 for span in spans) or len({*map(len, channels)}) > 1:
        return None
    one = Aligned(labels, spans, steps, frames, symbols, channels)

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(26 + _HIGH + 34 + _LOW + 44)
        first = sheet.panel(figure, 26, _HIGH)
        _input(first, one, sheet)
        second = sheet.panel(figure, 26 + _HIGH + 34, _LOW, title="probability")
        _chances(second, one)
        for axes in (first, second):
            axes.set_xlim(0, one.steps)
            axes.xaxis.set_major_locator(MaxNLocator(5 if sheet.narrow else 10))
        first.tick_params(labelbottom=False)
        words(second, 0, -34, "step", color=MUTED)
        return figure

    said = " ".join(labels) or "nothing"
    keys = [
        Key("line accent", "a label that was said"),
        Key("line faint", "none: the blank"),
    ]
    if any(_other(one, label) for label, _ in symbols):
        keys.append(Key("line signal dashed", "a label that was not said"))
    return picture(
        name, draw, alt=f"Which steps of a sequence said: {said}.", keys=keys
    )


def _other(one: Aligned, label: str) -> bool:
    return bool(label) and visible(label)[:_LETTERS] not in one.labels


def _input(axes: Axes, one: Aligned, sheet: Sheet) -> None:
    """Draw the sequence: a map of many channels, lines of a few; labels above."""
    if len(one.channels) > _LINES:
        values = np.array(one.channels)
        width = values.shape[1]
        shades(axes, values, 80 if sheet.narrow else 200)
        for patch in axes.patches:  # from columns to steps
            path: Any = patch.get_path()
            path.vertices[:, 0] *= one.steps / width
    else:
        for values, colour in zip(one.channels, (INK, MUTED, FAINT), strict=False):
            at = np.linspace(0, one.steps, len(values))
            axes.plot(at, values, color=colour, linewidth=1)
    axes.yaxis.set_major_locator(NullLocator())
    axes.grid(visible=False)
    last = -np.inf
    pixel = one.steps / (sheet.width - 54)
    for label, (start, end) in zip(one.labels, one.spans, strict=True):
        axes.axvspan(start, end, color=ACCENT, alpha=0.18, linewidth=0)
        middle = (start + end) / 2
        # What would run into the one before is left to the eye.
        if middle - last > _LETTER * (len(label) + 1) * pixel / 2:
            axes.annotate(
                label,
                (middle, 1),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, 5),
                textcoords="offset pixels",
                ha="center",
                color=ACCENT,
                annotation_clip=False,
            )
            last = middle + _LETTER * len(label) * pixel / 2


def _chances(axes: Axes, one: Aligned) -> None:
    """Draw the probability of each symbol; each step may stand for several."""
    for start, end in one.spans:
        axes.axvspan(start, end, color=WASH, linewidth=0)
    for label, values in one.symbols:
        at = np.minimum((np.arange(len(values)) + 0.5) * one.frames, one.steps)
        if _other(one, label):
            axes.plot(at, values, color=SIGNAL, linewidth=1, linestyle=(0, (3, 1.5)))
        else:
            axes.plot(at, values, color=ACCENT if label else FAINT, linewidth=1.4)
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.5, 1]))
