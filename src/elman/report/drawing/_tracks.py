"""Curves above each other, each over a ground shaded by what its values count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from markupsafe import Markup

from elman.report._numbers import number
from elman.report._values import Floats

_HIGH, _TITLE, _AXIS = 44, 20, 26
_FAINTEST, _STRONGEST = 0.04, 0.62


@dataclass(frozen=True)
class Track:
    """One curve.

    Attributes
    ----------
    title : str
    values : ndarray
        (T,), NaN where nothing is known.
    counts : ndarray
        (T,): what each value counts.
    baseline : ndarray
        (T,): drawn dotted.
    """

    title: str
    values: Floats
    counts: Floats
    baseline: Floats


def tracks(
    shown: Sequence[Track],
    steps: Sequence[str],
    *,
    width: int,
    columns: int,
    alt: str,
) -> Markup:
    """Return an SVG of curves that stand above each other on one axis of steps.

    The ground of a step is the stronger, the more its value counts: in the accent's
    colour for, in the signal's against. Each says its numbers where a pointer rests.

    Parameters
    ----------
    shown : sequence of Track
        Of T steps each.
    steps : sequence of str
        What the T steps are called.
    width : int
        Of the drawing, in pixels.
    columns : int
        Fields across, at most; steps side by side share one beyond that.
    alt : str
        For who cannot see it.
    """
    count = len(steps)
    edges = np.unique(
        np.linspace(0, count, min(columns, count) + 1).round().astype(int)
    )
    spans = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    most = max(
        (abs(float(t.counts[a:b].sum())) for t in shown for a, b in spans), default=0.0
    )
    high = len(shown) * (_HIGH + _TITLE) + _AXIS
    parts = [
        f'<svg viewBox="0 0 {width} {high}" width="{width}" height="{high}" role="img"'
        f' aria-label="{escape(alt)}" style="max-width:100%;height:auto">'
    ]
    for place, track in enumerate(shown):
        top = place * (_HIGH + _TITLE) + _TITLE
        parts.append(
            f'<text x="0" y="{top - 6}" font-size="12" fill="var(--muted)">'
            f"{escape(track.title)}</text>"
        )
        parts.append(
            f'<rect x="0" y="{top}" width="{width}" height="{_HIGH}"'
            ' fill="var(--wash)"/>'
        )
        parts += _ground(track, spans, count, width, top, most, steps)
        parts.append(_curve(track.baseline, track, count, width, top, dotted=True))
        parts.append(_curve(track.values, track, count, width, top, dotted=False))
    parts += _axis(steps, width, high)
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - every text is escaped


def _ground(
    track: Track,
    spans: list[tuple[int, int]],
    count: int,
    width: int,
    top: int,
    most: float,
    steps: Sequence[str],
) -> list[str]:
    found = []
    for a, b in spans:
        counts = float(track.counts[a:b].sum())
        left, right = a / count * width, b / count * width
        share = abs(counts) / most if most else 0.0
        # An even step for the eye: small counts would else all look like none.
        strength = _STRONGEST * share**0.7
        colour = "var(--accent)" if counts >= 0 else "var(--signal)"
        look = "none" if strength < _FAINTEST else colour
        called = steps[a] if b == a + 1 else f"{steps[a]} to {steps[b - 1]}"
        known = track.values[a:b][np.isfinite(track.values[a:b])]
        value = number(float(known.mean())) if len(known) else "nothing known"
        sign = "+" if counts >= 0 else "−"
        found.append(
            f'<rect x="{left:.1f}" y="{top}" width="{right - left:.1f}"'
            f' height="{_HIGH}" fill="{look}" fill-opacity="{strength:.2f}"'
            ' pointer-events="all"><title>'
            f"{escape(called)}: {escape(value)}, counts {sign}"
            f"{escape(number(abs(counts)))}</title></rect>"
        )
    return found


def _curve(
    values: Floats, track: Track, count: int, width: int, top: int, *, dotted: bool
) -> str:
    both = np.concatenate([track.values, track.baseline])
    known = both[np.isfinite(both)]
    if not len(known):
        return ""
    low, high = float(known.min()), float(known.max())
    spread = high - low or 1.0
    inner = _HIGH - 8
    at = (np.arange(count) + 0.5) / count * width
    points: list[str] = []
    pieces: list[str] = []
    for x, value in zip(at, values, strict=True):
        if np.isfinite(value):
            y = top + 4 + inner * (1 - (value - low) / spread)
            points.append(f"{x:.1f},{y:.1f}")
        elif points:
            pieces.append(" ".join(points))
            points = []
    if points:
        pieces.append(" ".join(points))
    look = (
        'stroke="var(--faint)" stroke-dasharray="2 3" stroke-width="1"'
        if dotted
        else 'stroke="var(--ink)" stroke-width="1.4"'
    )
    return "".join(
        f'<polyline points="{piece}" fill="none" {look} pointer-events="none"/>'
        for piece in pieces
    )


def _axis(steps: Sequence[str], width: int, high: int) -> list[str]:
    count = len(steps)
    places = sorted({0, (count - 1) // 2, count - 1})
    found = []
    for place in places:
        x = (place + 0.5) / count * width
        anchor = "start" if place == 0 else "end" if place == count - 1 else "middle"
        x = 0 if place == 0 else width if place == count - 1 else x
        found.append(
            f'<text x="{x:.1f}" y="{high - 8}" font-size="12" fill="var(--muted)"'
            f' text-anchor="{anchor}">{escape(str(steps[place]))}</text>'
        )
    return found
