"""Recordings as spectrograms, with what the answers leaned on; what features keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from elman.report._numbers import number
from elman.report._values import Floats, finite, floats, listed, rows, section
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._shades import shades
from elman.report.drawing._style import ACCENT, MUTED, SIGNAL, Sheet, words

_HIGH = 92
_LABEL = 18


def heard_picture(sounds: Mapping[str, Any]) -> Picture | None:
    """Draw a few recordings, and over each what the answer leaned on."""
    shown = []
    for example in rows(sounds, "examples"):
        values = _matrix(example, "values")
        counts = floats(example.get("counts"))
        if values is not None and len(counts) == len(values):
            shown.append((example, values, counts))
    if not shown:
        return None
    longest = max(finite(example.get("seconds")) or 0.0 for example, _, _ in shown)

    def draw(sheet: Sheet) -> Figure:
        across = min(len(shown), 2 if sheet.narrow else 3)
        down = -(-len(shown) // across)
        height = _HIGH + 62
        figure = sheet.figure(down * height + 4)
        cell = (sheet.width - 8) / across
        for place, (example, values, counts) in enumerate(shown):
            row, column = divmod(place, across)
            axes = sheet.panel(
                figure,
                row * height + 26,
                _HIGH,
                left=column * cell + 8,
                right=sheet.width - (column + 1) * cell,
            )
            _one(axes, example, values, counts, longest, sheet)
        return figure

    split = str(sounds.get("split") or "")
    some = "recording" if len(shown) == 1 else "recordings"
    wrong = any(
        example.get("label") != example.get("predicted") for example, _, _ in shown
    )
    keys = [Key("line accent", "what the answer leaned on")]
    return picture(
        "heard",
        draw,
        alt=f"{len(shown)} {some} as spectrograms, and what each answer leaned on.",
        keys=keys,
        reading="Time runs to the right, pitch upwards; the stronger the shade, the"
        " louder in its band. The line says how much less sure the model is of its"
        " answer when an eighth of the recording around that moment is replaced by its"
        " mean.",
        finding=f"{len(shown)} {some} of {split}; above each its label"
        + (", and what it was taken for where that is another." if wrong else "."),
    )


def _one(
    axes: Axes,
    example: Mapping[str, Any],
    values: Floats,
    counts: Floats,
    longest: float,
    sheet: Sheet,
) -> None:
    seconds = finite(example.get("seconds")) or 1.0
    shades(axes, values.T, 60 if sheet.narrow else 110)
    columns = len(values)
    top = float(counts.max())
    if top > 0:
        at = np.arange(columns) + 0.5
        axes.plot(at, 0.04 + 0.9 * counts / top, color=ACCENT, linewidth=1.8)
    # All on one time scale: seconds in the place of columns.
    axes.set_xlim(0, columns * longest / seconds)
    locator = MaxNLocator(3 if sheet.narrow else 4, steps=[1, 2, 2.5, 5, 10])
    ticks = [t for t in locator.tick_values(0, longest) if 0 <= t <= longest]
    axes.set_xticks([t / seconds * columns for t in ticks], [f"{t:g}" for t in ticks])
    axes.yaxis.set_major_locator(NullLocator())
    words(axes, 0, -34, "seconds", color=MUTED)
    label, predicted = _called(example.get("label")), _called(example.get("predicted"))
    if label == predicted:
        words(axes, 0, _HIGH + 8, label, color=MUTED)
    else:
        words(axes, 0, _HIGH + 8, f"{label}, taken for {predicted}", color=SIGNAL)


def kept_picture(sounds: Mapping[str, Any]) -> Picture | None:
    """Draw a recording's spectrum above the one rebuilt from its features."""
    kept = section(sounds, "kept")
    recorded, rebuilt = _matrix(kept, "recorded"), _matrix(kept, "rebuilt")
    seconds = finite(kept.get("seconds"))
    if recorded is None or rebuilt is None or recorded.shape != rebuilt.shape:
        return None
    if not seconds:
        return None
    both = (("in the recording", recorded), ("rebuilt from the features", rebuilt))

    def draw(sheet: Sheet) -> Figure:
        figure = sheet.figure(2 * (_HIGH + 34) + 36)
        for place, (title, values) in enumerate(both):
            top = 26 + place * (_HIGH + 34)
            axes = sheet.panel(figure, top, _HIGH, left=8, right=8)
            shades(axes, values.T, 80 if sheet.narrow else 160)
            words(axes, 0, _HIGH + 8, title, color=MUTED)
            columns = len(values)
            locator = MaxNLocator(5 if sheet.narrow else 8, steps=[1, 2, 2.5, 5, 10])
            ticks = [t for t in locator.tick_values(0, seconds) if 0 <= t <= seconds]
            axes.set_xticks(
                [t / seconds * columns for t in ticks], [f"{t:g}" for t in ticks]
            )
            axes.yaxis.set_major_locator(NullLocator())
            if place == 0:
                axes.tick_params(labelbottom=False)
            else:
                words(axes, 0, -34, "seconds", color=MUTED)
        return figure

    low, high = finite(kept.get("lowest")) or 0.0, finite(kept.get("highest")) or 0.0
    return picture(
        "kept",
        draw,
        alt="The spectrum of a recording, and the one rebuilt from its features.",
        reading=f"Upwards from {number(low)} to {number(high)} Hz, as pitch is heard;"
        " the stronger the shade, the louder.",
        finding=kept_words(sounds),
    )


def kept_words(sounds: Mapping[str, Any]) -> str:
    """Return what the features keep of the recording, and what they do not."""
    kept, front_end = section(sounds, "kept"), section(sounds, "front_end")
    share, above = finite(kept.get("share")), finite(kept.get("above"))
    window, hop = finite(front_end.get("window")), finite(front_end.get("hop"))
    widths = floats(kept.get("widths"))
    said = []
    if share is not None:
        said.append(
            f"Of what varies in the spectrum of {kept.get('name')!s:.60},"
            f" {100 * share:.0f} % can be rebuilt from the features."
        )
    if len(widths) == 2:
        said.append(
            f"Bands are {number(widths[0], 2)} Hz wide at the bottom and"
            f" {number(widths[1], 2)} Hz at the top: what is closer together, such as"
            " the overtones of a voice, melts into one."
        )
    if window and hop:
        said.append(
            f"A step is {1000 * window:g} ms long: what follows faster is one event,"
            " and the phase is gone."
        )
    if front_end.get("level") == "mean":
        said.append(
            "Each band's mean is taken away: how loud a recording is, and a colour that"
            " all of it has, cannot tell classes apart (--level none keeps them)."
        )
    if above is not None and above >= 0.005:
        said.append(
            f"{100 * above:.0f} % of its power lies above the last band and is not"
            " heard (a higher --rate keeps it)."
        )
    return " ".join(said)


def _matrix(drawn: Mapping[str, Any], key: str) -> Floats | None:
    """Return (steps, rows), or None where it is not one."""
    found = [floats(row) for row in listed(drawn, key)]
    if len(found) < 1 or len({len(row) for row in found}) != 1 or not len(found[0]):
        return None
    return np.array(found)


def _called(label: Any) -> str:
    known = finite(label)
    text = number(known, 4) if known is not None else str(label)
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"
