"""The lag curves as one hand-written SVG, coloured by the page's style sheet."""

from __future__ import annotations

import math
from html import escape

from elman.diagnosis._results import Diagnosis, LayerProfile
from elman.diagnosis._thresholds import EXPLODED, VANISHED

_WIDTH, _HEIGHT = 720, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 34, 44


def curve_svg(d: Diagnosis) -> str:
    """Draw A(k)/A(0) of every layer over the lag, log scale, with the need marked.

    Parameters
    ----------
    d : Diagnosis

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    farthest = max([d.needed, 4, *(len(p.norm) - 1 for p in d.profile)])
    peak = max((max(_levels(p), default=0.0) for p in d.profile), default=0.0)
    low = math.log10(VANISHED) - 1
    high = max(0.0, min(math.ceil(peak), math.log10(EXPLODED) + 2))

    def x(lag: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * lag / farthest

    def y(level: float) -> float:
        inside = min(max(level, low), high)
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - inside) / (high - low)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="Gradient by lag: reaches {d.horizon:.0f} steps, '
        f'needed {d.needed}">'
    ]
    for power in range(int(low), int(high) + 1):
        parts.append(_line(_LEFT, y(power), _WIDTH - _RIGHT, y(power), "grid"))
        parts.append(_text(_LEFT - 8, y(power) + 4, f"{10.0**power:g}", "end"))
    for lag in _ticks(farthest):
        parts.append(_text(x(lag), _HEIGHT - _BOTTOM + 18, str(lag), "middle"))
    parts.append(
        _text(
            (_LEFT + _WIDTH - _RIGHT) / 2,
            _HEIGHT - 6,
            "steps before the end, k",
            "middle",
        )
    )
    gone = y(math.log10(VANISHED))
    parts.append(_line(_LEFT, gone, _WIDTH - _RIGHT, gone, "limit"))
    parts.append(_text(_WIDTH - _RIGHT - 4, gone + 16, "vanished below", "end"))

    if high >= math.log10(EXPLODED):
        burst = y(math.log10(EXPLODED))
        parts.append(_line(_LEFT, burst, _WIDTH - _RIGHT, burst, "limit"))
        parts.append(_text(_WIDTH - _RIGHT - 4, burst - 6, "exploded above", "end"))

    needed = x(d.needed)
    parts.append(_line(needed, _TOP - 8, needed, _HEIGHT - _BOTTOM, "need"))
    side = "end" if d.needed > farthest / 2 else "start"
    parts.append(_text(needed, _TOP - 14, f"needed: {d.needed}", side, "needs"))

    for p in sorted(d.profile, key=lambda p: p.name == d.headline):
        style = "head" if p.name == d.headline else "other"
        points = " ".join(
            f"{x(lag):.1f},{y(level):.1f}"
            for lag, level in enumerate(_inside(_levels(p), low, high))
        )
        parts.append(
            f'<polyline class="{style}" points="{points}">'
            f"<title>{escape(p.name)}</title></polyline>"
        )
    if d.horizon <= farthest:
        at = x(d.horizon)
        parts.append(f'<circle class="dot" cx="{at:.1f}" cy="{gone:.1f}" r="5"/>')
        near = d.horizon > 0.7 * farthest
        parts.append(
            _text(
                at + (-10 if near else 10),
                gone - 10,
                f"reaches {d.horizon:.0f}",
                "end" if near else "start",
                "reach",
            )
        )
    return "".join(parts) + "</svg>"


def _levels(p: LayerProfile) -> list[float]:
    """Return log10 of A(k)/A(0), −400 for zero and +400 for infinite."""
    if not p.norm or not p.norm[0] > 0:
        return []
    levels = []
    for value in p.norm:
        share = value / p.norm[0]
        if math.isfinite(share):
            levels.append(math.log10(share) if share > 0 else -400.0)
        else:
            levels.append(400.0)
    return levels


def _inside(levels: list[float], low: float, high: float) -> list[float]:
    """Cut a curve where it has left the picture for good."""
    inside = [i for i, level in enumerate(levels) if low < level <= high]
    return levels[: max(inside, default=0) + 2]


def _ticks(farthest: int) -> list[int]:
    rough = farthest / 6
    unit = 10 ** math.floor(math.log10(max(rough, 1)))
    step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= rough)
    return list(range(0, farthest + 1, int(step)))


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return (
        f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" '
        f'x2="{x2:.1f}" y2="{y2:.1f}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str, style: str = "tick") -> str:
    return (
        f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
