"""Some sequences of events, letters or rows of pixels, and what was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from elman.report._values import Floats, floats, listed, rows
from elman.report.drawing._picture import Picture, picture
from elman.report.drawing._shades import shades
from elman.report.drawing._style import ACCENT, INK, MUTED, Sheet, words

_MOST = 8
_LANE, _LETTER, _BAR = 46, 6.2, 16
_PALE, _DARK = 0.06, 0.7
_NAMED = 3


def events_picture(data: Mapping[str, Any]) -> Picture | None:
    """Draw up to eight sequences of named steps, the darker, the more they count."""
    shown = []
    for example in rows(data, "examples"):
        names = [str(name) for name in listed(example, "events")]
        weight = floats(example.get("weight"))
        if names and len(weight) == len(names):
            times = floats(example.get("times"))
            shown.append((str(example.get("label", "")), names, weight, times))
    shown = shown[:_MOST]
    if not shown:
        return None
    timed = any(len(times) == len(names) > 1 for _, names, _, times in shown)

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(len(shown) * _LANE + 4)
        for place, (label, names, weight, times) in enumerate(shown):
            top = place * _LANE + 20
            axes = sheet.panel(figure, top, _BAR, left=2, right=2)
            _lane(axes, names, weight, times, sheet.width - 4)
            said = _short(label, 24)
            seen = _most_seen(names, weight)
            words(axes, 0, _BAR + 5, said, color=INK)
            if seen:
                room = int((sheet.width - _LETTER * len(said)) / _LETTER) - 14
                text = _short(f"looked at {seen}", max(12, room))
                words(axes, _LETTER * len(said) + 14, _BAR + 5, text, color=MUTED)
        return figure

    across = "at the times they happened" if timed else "one beside the other"
    return picture(
        "events",
        draw,
        alt=f"{len(shown)} example sequences, their steps shaded by what counts.",
        finding=f"{len(shown)} of the sequences, their steps {across}, above each its"
        " label. The darker a step, the less sure the network alone is of its answer"
        " without it.",
    )


def _lane(
    axes: Any, names: list[str], weight: Floats, times: Floats, pixels: float
) -> None:
    """Draw the steps of a sequence as fields beside each other, or at their times."""
    count = len(names)
    axes.axis("off")
    axes.set_xlim(0, pixels)
    axes.set_ylim(0, 1)
    timed = len(times) == count > 1 and times[-1] > times[0]
    if timed:
        wide = max(2.0, min(10.0, pixels / count / 2))
        left = (times - times[0]) / (times[-1] - times[0]) * (pixels - wide)
        axes.plot([0, pixels], [0, 0], color=MUTED, linewidth=0.6)
    else:
        longest = max(len(name) for name in names)
        wide = min(pixels / count, longest * _LETTER + 8)
        left = np.arange(count) * wide
    for name, share, at in zip(names, weight, left, strict=True):
        field = Rectangle(
            (float(at), 0),
            wide - (0 if timed else 1),
            1,
            facecolor=ACCENT,
            alpha=_PALE + (_DARK - _PALE) * float(np.clip(share, 0, 1)),
            linewidth=0,
        )
        axes.add_patch(field)
        if not timed and len(name) * _LETTER <= wide:
            middle = float(at) + (wide - len(name) * _LETTER) / 2
            words(axes, middle, 4, name, color=INK)


def _most_seen(names: list[str], weight: Floats) -> str:
    """Return the names of the steps that count most, in their order."""
    if max(len(name) for name in names) == 1 or not weight.any():
        return ""
    order = [i for i in np.argsort(-weight, kind="stable") if weight[i] > 0]
    distinct = list(dict.fromkeys(names[i] for i in order))[:_NAMED]
    return ", ".join(distinct)


def rows_picture(data: Mapping[str, Any]) -> Picture | None:
    """Draw up to eight pictures, beside every row how much it counts."""
    shown = []
    for example in rows(data, "examples"):
        grid = [floats(row) for row in listed(example, "picture")]
        weight = floats(example.get("weight"))
        if grid and len(grid) == len(weight) and len({len(row) for row in grid}) == 1:
            label = _short(str(example.get("label", "")), 14)
            shown.append((label, np.stack(grid), weight))
    shown = shown[:_MOST]
    if not shown:
        return None

    def draw(sheet: Sheet) -> Figure:
        across = min(len(shown), 3 if sheet.narrow else 8)
        down = -(-len(shown) // across)
        cell = sheet.width / across
        side = min(cell - 30, 120.0)
        figure = sheet.figure(down * (side + 36) + 4)
        for place, (label, grid, weight) in enumerate(shown):
            row, column = divmod(place, across)
            top, left = row * (side + 36) + 24, column * cell + 2
            axes = sheet.panel(
                figure, top, side, left=left, right=sheet.width - left - side
            )
            axes.axis("off")
            shades(axes, grid[::-1])
            words(axes, 0, side + 5, label, color=INK)
            beside = sheet.panel(
                figure,
                top,
                side,
                left=left + side + 3,
                right=sheet.width - left - side - 15,
            )
            beside.axis("off")
            beside.set_xlim(0, 1)
            beside.set_ylim(0, len(weight))
            for i, share in enumerate(weight[::-1]):
                long = float(np.clip(share, 0, 1))
                if long > 0:
                    beside.add_patch(
                        Rectangle((0, i + 0.1), long, 0.8, facecolor=ACCENT)
                    )
        return figure

    return picture(
        "rows",
        draw,
        alt=f"{len(shown)} example pictures, a bar beside each row.",
        finding=f"{len(shown)} of the pictures as they are read, row by row from the"
        " top. The longer the bar beside a row, the less sure the network alone is of"
        " its answer without it.",
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
