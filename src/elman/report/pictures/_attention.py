"""Where a translation looked: a square for each of its tokens and of its source's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from elman._plain import visible
from elman.report._values import floats, listed
from elman.report.drawing._picture import Picture, picture
from elman.report.drawing._style import ACCENT, MUTED, RULE, Sheet

_LEAST = 0.02  # a weight that is drawn
_LARGEST, _LETTER, _EDGE = 30, 7.2, 10
_MOST_LETTERS = 16


def attention_picture(drawn: Mapping[str, Any], name: str) -> Picture | None:
    """Draw the attention of one translation.

    Parameters
    ----------
    drawn : mapping
        source, target and weights: a row a token of the target.
    name : str
        Unique in the page.
    """
    source, target = tokens_of(drawn, "source"), tokens_of(drawn, "target")
    weights = [floats(row) for row in listed(drawn, "weights")]
    if not source or not target or len(weights) != len(target):
        return None
    if any(len(row) != len(source) for row in weights):
        return None

    def draw(sheet: Sheet) -> Figure:
        return attention_figure(sheet, source, target, weights)

    return picture(
        name,
        draw,
        alt=f"Attention: {' '.join(target)}, from {' '.join(source)}.",
    )


def attention_figure(
    sheet: Sheet,
    source: Sequence[str],
    target: Sequence[str],
    weights: Sequence[Any],
) -> Figure:
    """Return the drawing: the source across, the translation downwards."""
    left = _EDGE + _LETTER * max(map(len, target))
    top = _EDGE + _LETTER * max(map(len, source))
    side = min(_LARGEST, (sheet.width - left - _EDGE) / len(source))
    # On a phone squares are narrower than letters are high.
    high = max(side, 15)
    width, height = side * len(source), high * len(target)
    figure = sheet.figure(top + height + _EDGE)
    axes = sheet.panel(figure, top, height, left=left, right=sheet.width - left - width)
    axes.set_xlim(0, len(source))
    axes.set_ylim(len(target), 0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for place in range(len(target) + 1):
        axes.axhline(place, color=RULE, linewidth=0.8, zorder=0)
    for place in range(len(source) + 1):
        axes.axvline(place, color=RULE, linewidth=0.8, zorder=0)
    for y, row in enumerate(weights):
        for x, weight in enumerate(row):
            if weight >= _LEAST:
                square = Rectangle((x, y), 1, 1, alpha=min(float(weight), 1.0))
                square.set(facecolor=ACCENT, edgecolor="none")
                axes.add_patch(square)
    middle = [place + 0.5 for place in range(max(len(source), len(target)))]
    axes.xaxis.tick_top()
    axes.set_xticks(middle[: len(source)], source, rotation=90, color=MUTED)
    axes.set_yticks(middle[: len(target)], target, color=MUTED)
    axes.tick_params(length=0, pad=4)
    return figure


def tokens_of(drawn: Mapping[str, Any], key: str) -> list[str]:
    """Return the tokens of one side, each short enough for its place."""
    names = [visible(str(token)) for token in listed(drawn, key)]
    return [
        name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"
        for name in names
    ]
