"""A diagnosis for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap

import numpy as np

from elman.cells import title
from elman.diagnosis._results import Diagnosis, LayerProfile, Remedy
from elman.diagnosis._thresholds import VANISHED

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 60


def steps_text(profile: LayerProfile) -> str:
    """Horizon in words: "over" a lower bound, "about" an extrapolation."""
    if math.isnan(profile.horizon):
        return "–"
    steps = f"{profile.horizon:,.0f}".replace(",", " ")
    if profile.capped:
        return f"over {steps}"
    return f"about {steps}" if profile.beyond_window else steps


def as_text(d: Diagnosis) -> str:
    """Verdict, lag curve, findings and remedies, at most 88 characters wide."""
    if d.reason:
        return "\n".join([*_without_verdict(d), *_findings(d)])
    head = d.head
    lines = [
        f"Gradient flow: {d.verdict.upper()}",
        *_comparison(d),
        f"  layer: {head.name} ({title(head.cell)}, {head.steps} steps)",
        f"  need: {d.needed_source}",
        "",
        f"  gradient k steps before the end, log scale, {_top(head):.3g} at the top, "
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
    lines += _findings(d)
    if d.remedies:
        lines += ["", "Remedies, measured on copies"]
        wide = max(len(r.name) for r in d.remedies)
        for r in d.remedies:
            mark = "  ← best" if r.name == d.best else ""
            before, after, verdict = measured(r)
            unit = "" if math.isnan(r.horizon_after) else "steps  "
            lines.append(
                f"  {r.name:<{wide}}  {before:>6} → {after:>7} {unit}{verdict}{mark}"
            )
    return "\n".join([*lines, *_skipped(d)])


def measured(remedy: Remedy) -> tuple[str, str, str]:
    """Return what a remedy was measured at, before and after, and what that is."""
    if math.isnan(remedy.horizon_after):
        before, after = f"{remedy.before:.3g}", f"{remedy.after:.3g}"
        return before, after, f"({remedy.measured})"
    before, after = f"{remedy.horizon_before:.0f}", f"{remedy.horizon_after:.0f}"
    return before, after, remedy.verdict_after


def _skipped(d: Diagnosis) -> list[str]:
    """Say which cells were looked at and not tried, and why."""
    if not d.skipped:
        return []
    lines = ["", "Other cells, looked at and not tried"]
    for name, reason in d.skipped.items():
        said = f"{title(name)}: {reason}"
        lines += wrap(said, 84, initial_indent="  ", subsequent_indent="    ")
    return lines


def _without_verdict(d: Diagnosis) -> list[str]:
    said = wrap(d.reason, 84, initial_indent="  ", subsequent_indent="  ")
    return [
        f"Gradient flow: {d.verdict.upper()}",
        *said,
        "  how far gradients reach cannot be said before that is mended",
        f"  layer: {d.head.name} ({title(d.head.cell)}, {d.head.steps} steps)",
    ]


def _findings(d: Diagnosis) -> list[str]:
    lines = ["", "Findings"] if d.findings else []
    for f in d.findings:
        lines += [f"  {f.severity}: {f.name}", f"    {f.evidence}"]
        lines += [f"    wanted: {f.threshold}"]
        lines += [f"    remedy: {f.remedy}"] if f.remedy else []
    return lines


def sparkline(curve: Sequence[float], width: int = _WIDTH) -> str:
    """Draw a lag curve in one line of blocks, log scale from its top to A(0)/1000.

    A dot is a gradient below that.
    """
    values = np.asarray(curve, dtype=np.float64)
    if len(values) == 0 or not 0 < values[0] < np.inf:
        return "·" * width
    at = np.linspace(0, len(values) - 1, width).round().astype(int)
    with np.errstate(divide="ignore"):
        level = np.log(values[at] / values[0])
    finite = level[np.isfinite(level)]
    low, high = math.log(VANISHED), float(finite.max())
    drawn = []
    for x in level:
        if x <= low:
            drawn.append("·")  # gone
        else:
            share = (min(float(x), high) - low) / (high - low)
            drawn.append(_BARS[min(int(share * len(_BARS)), len(_BARS) - 1)])
    return "".join(drawn)


def _top(profile: LayerProfile) -> float:
    """Return the largest finite A(k)/A(0)."""
    values = np.asarray(profile.norm)
    if len(values) == 0 or not 0 < values[0] < np.inf:
        return 1.0
    return float(values[np.isfinite(values)].max() / values[0])


def _comparison(d: Diagnosis) -> list[str]:
    """Bars of what is reached and what is needed."""
    if d.verdict == "exploding":
        most = max(_top(p) for p in d.profile)
        return [
            f"  grows up to {most:.1e} times on its way back",
            f"  needed   {d.needed} steps",
        ]
    reach = steps_text(d.head)
    width = max(len(reach), len(str(d.needed)))
    return [
        f"  reaches  {reach:>{width}} steps  {_bar(d.horizon, d)}",
        f"  needed   {d.needed:>{width}} steps  {_bar(d.needed, d)}",
    ]


def _bar(steps: float, d: Diagnosis) -> str:
    longest = max(d.horizon, d.needed, 1)
    return "█" * max(1, round(36 * min(steps, longest) / longest))
