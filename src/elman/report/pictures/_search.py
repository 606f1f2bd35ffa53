"""A search: what was tried, how every trial learned, and the best of it over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from elman.report._values import Floats, finite, floats, listed, rows, section
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    Sheet,
    tick,
    words,
)

from ._learning import scaled

# Of a name below an axis.
_LETTERS = 14
_FEWEST = 2


def search_pictures(found: Mapping[str, Any]) -> list[Picture]:
    """Draw the results' ``search``; what it lacks is left out."""
    drawn = (_tried(found), _best(found), _curves(found))
    return [one for one in drawn if one]


def _tried(found: Mapping[str, Any]) -> Picture | None:
    """Draw every scored trial as a line through its values, and its score last."""
    trials = [
        row for row in rows(found, "trials") if finite(row.get("score")) is not None
    ]
    space = section(found, "space")
    if len(trials) < _FEWEST or not space:
        return None
    places, ends = [], []
    for name, tried in space.items():
        values = [section(row, "params").get(name) for row in trials]
        place, low, high = _placed(values, str(tried))
        places.append(place)
        ends.append((name, low, high))
    score = floats([row.get("score") for row in trials])
    places.append(_share(score))
    metric = str(found.get("metric") or "score")
    ends.append((metric, tick(float(score.min())), tick(float(score.max()))))
    lines: Floats = np.stack(places, axis=1)
    order = np.argsort(score)  # the best are drawn last
    good = set(order[-max(1, len(order) // 4) :].tolist())

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(300)
        axes = sheet.panel(figure, 40, 200, left=24, right=24)
        axes.grid(False)
        axes.set_axis_off()
        axes.set_xlim(0, len(ends) - 1)
        axes.set_ylim(-0.03, 1.03)
        for i in range(len(ends)):
            axes.axvline(i, color=FAINT, linewidth=0.8)
        for row in order:
            best = row == order[-1]
            axes.plot(
                lines[row],
                color=ACCENT if best else INK if row in good else FAINT,
                linewidth=2.4 if best else 1.0,
            )
        width = axes.get_window_extent().width / (len(ends) - 1)
        for i, (name, low, high) in enumerate(ends):
            side = "left" if not i else "right" if i == len(ends) - 1 else "center"
            short = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
            words(axes, i * width, 212, high, color=MUTED, ha=side)
            words(axes, i * width, -18, low, color=MUTED, ha=side)
            # On a phone every second name stands lower.
            down = -50 if sheet.narrow and i % 2 else -34
            words(axes, i * width, down, short, color=INK, ha=side)
        return figure

    return picture(
        "search-tried",
        draw,
        alt="Every trial as a line through the values it tried, to its score.",
        keys=[
            Key("line accent", "chosen"),
            Key("line ink", "the best quarter"),
            Key("line faint", "others"),
        ],
        reading="Each line is a trial: where it crosses an axis is the value it had;"
        " the last axis is its mean score in the folds. A parameter counts if the best"
        " quarter crosses its axis in one place.",
        finding=_importance(found),
    )


def _best(found: Mapping[str, Any]) -> Picture | None:
    """Draw the best score so far against the seconds of all trials."""
    trials = rows(found, "trials")
    seconds = np.cumsum(np.nan_to_num(floats([row.get("seconds") for row in trials])))
    score = floats([row.get("score") for row in trials])
    if np.isfinite(score).sum() < _FEWEST:
        return None
    so_far = np.fmax.accumulate(score)
    metric = str(found.get("metric") or "score")

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(250)
        axes = sheet.panel(figure, 32, 160, title=f"{metric} in the folds")
        axes.plot(seconds, score, "o", color=FAINT, markersize=5)
        axes.step(seconds, so_far, where="post", color=ACCENT, linewidth=2.2)
        axes.set_xlim(0, None)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
        words(axes, 0, -34, "seconds of all trials", color=MUTED)
        return figure

    return picture(
        "search-best",
        draw,
        alt="The best score so far against the seconds of all trials.",
        keys=[Key("line accent", "best so far"), Key("line faint", "each trial")],
        reading="If the line still rises at its end, more trials may find more. The"
        " best of many is too good by chance: the scores on the test part count.",
        finding=str(found.get("bias") or ""),
    )


def _curves(found: Mapping[str, Any]) -> Picture | None:
    """Draw the validation loss of every trial in the first fold."""
    chosen = section(found, "chosen").get("trial")
    curves = []
    for row in rows(found, "trials"):
        points = [p for p in listed(row, "losses") if isinstance(p, list)]
        epochs, loss = floats([p[0] for p in points]), floats([p[1] for p in points])
        if len(points) > 1 and np.isfinite(loss).all():
            curves.append((row.get("number") == chosen, epochs, loss))
    if len(curves) < _FEWEST:
        return None
    every: Floats = np.concatenate([loss for _, _, loss in curves])

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(270)
        axes = sheet.panel(figure, 32, 180, title="validation loss, first fold")
        for best, epochs, loss in sorted(curves, key=lambda curve: curve[0]):
            axes.plot(
                epochs,
                loss,
                color=ACCENT if best else FAINT,
                linewidth=2.2 if best else 1.0,
            )
        scaled(axes, every)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        words(axes, 0, -34, "epoch", color=MUTED)
        return figure

    return picture(
        "search-curves",
        draw,
        alt="Validation loss of every trial in the first fold, by epoch.",
        keys=[Key("line accent", "chosen"), Key("line faint", "others")],
        reading="A line that ends early was dropped, as others were better at that"
        " epoch, or its loss had settled.",
    )


def _placed(values: list[Any], tried: str) -> tuple[Floats, str, str]:
    """Return where values stand on an axis from 0 to 1, and what its ends are."""
    numbers = floats(values)
    if ".." in tried and np.isfinite(numbers).all():
        low, high = float(numbers.min()), float(numbers.max())
        if tried.endswith(":log") and low > 0:
            numbers = np.log(numbers)
        return _share(numbers), tick(low), tick(high)
    names = list(dict.fromkeys(str(value) for value in values))
    place = [names.index(str(value)) for value in values]
    return _share(np.array(place, float)), names[0], names[-1]


def _share(values: Floats) -> Floats:
    low, high = values.min(), values.max()
    if high == low:
        return np.full(len(values), 0.5)
    share: Floats = (values - low) / (high - low)
    return share


def _importance(found: Mapping[str, Any]) -> str:
    """Return which parameter explains how much, in a sentence."""
    shares = {
        name: value
        for name, share in section(found, "importance").items()
        if (value := finite(share)) is not None
    }
    if not shares:
        return ""
    ranked = sorted(shares.items(), key=lambda pair: -pair[1])
    said = ", ".join(f"{name} {share:.0%}" for name, share in ranked)
    return f"Of the differences between the trials' scores explain: {said}."
