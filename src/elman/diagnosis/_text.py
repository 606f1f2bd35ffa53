"""A diagnosis for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ._results import Diagnosis, LayerProfile
from ._thresholds import VANISHED

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 60


def steps_text(profile: LayerProfile) -> str:
    """Horizon in words: a number, with what kind of number it is."""
    steps = f"{profile.horizon:,.0f}".replace(",", " ")
    if profile.capped:
        return f"over {steps}"
    return f"about {steps}, extrapolated" if profile.beyond_window else steps


def as_text(d: Diagnosis) -> str:
    """Verdict, lag curve, findings and remedies, at most 88 characters wide."""
    head = d.head
    width = max(len(f"{d.horizon:.0f}"), len(str(d.needed)))
    lines = [
        f"Gradient flow: {d.verdict.upper()}",
        f"  reaches  {d.horizon:>{width}.0f} steps  {_bar(d.horizon, d)}",
        f"  needed   {d.needed:>{width}d} steps  {_bar(d.needed, d)}",
        f"  layer: {head.name} ({head.cell.upper()}, {head.steps} steps); horizon "
        f"{steps_text(head)} steps",
        f"  need: {d.needed_source}",
        "",
        "  gradient k steps before the end, log scale, 1 at the top, "
        f"{VANISHED:g} at the bottom",
        f"  {sparkline(head.norm)}",
        f"  k = 0{'k = ' + str(head.lag[-1] if head.lag else 0):>{_WIDTH - 5}}",
    ]
    if len(d.profile) > 1:
        lines += ["", "  every layer"]
        name = max(len(p.name) for p in d.profile)
        lines += [f"    {p.name:<{name}}  {steps_text(p)} steps" for p in d.profile]
    for lam in d.lyapunov:
        if lam.name == d.headline:
            lines += [
                "",
                f"  Lyapunov exponent {lam} "
                "per step (below 0 forgets, above 0 chaotic)",
            ]
    if d.findings:
        lines += ["", "Findings"]
        for f in d.findings:
            lines += [f"  {f.severity}: {f.name}", f"    {f.evidence}"]
            lines += [f"    wanted: {f.threshold}"]
            lines += [f"    remedy: {f.remedy}"] if f.remedy else []
    if d.remedies:
        lines += ["", "Remedies, measured on copies"]
        for r in d.remedies:
            mark = "  ← best" if r.name == d.best else ""
            lines.append(
                f"  {r.name:<12} {r.horizon_before:>7.0f} → {r.horizon_after:>7.0f} "
                f"steps  {r.verdict_after}{mark}"
            )
    return "\n".join(lines)


def sparkline(curve: Sequence[float], width: int = _WIDTH) -> str:
    """Draw a lag curve in one line of block characters, log scale from A(0) down."""
    values = np.asarray(curve, dtype=np.float64)
    if len(values) == 0 or not values[0] > 0:
        return "·" * width
    at = np.linspace(0, len(values) - 1, width).round().astype(int)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.log(values[at] / values[0]) / math.log(VANISHED)
    drawn = []
    for share in np.nan_to_num(depth, nan=-1.0, posinf=2.0, neginf=-1.0):
        if share >= 1:
            drawn.append("·")  # gone
        else:
            place = int((1 - min(max(share, 0.0), 1.0)) * len(_BARS))
            drawn.append(_BARS[min(place, len(_BARS) - 1)])
    return "".join(drawn)


def _bar(steps: float, d: Diagnosis) -> str:
    longest = max(d.horizon, d.needed, 1)
    return "█" * max(1, round(36 * min(steps, longest) / longest))
