"""Findings about units: what enters them, gates, slopes, what never changes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from elman.diagnosis._results import Finding
from elman.diagnosis._thresholds import (
    DEAD,
    GATE_HIGH,
    GATE_LOW,
    LARGE_INPUT,
    SATURATED,
    SHUT,
    SLOPE_LOSS,
    VANISHED,
)
from elman.diagnosis.measure._behaviour import Behaviour
from elman.diagnosis.measure._gates import Saturation

from ._catalogue import finding


def saturated_gates(used: Saturation) -> list[tuple[str, float, float]]:
    """Return the gates of which most values are at a flat end, with both shares."""
    found = []
    for gate, low in used.low.items():
        high = used.high[gate]
        harm = {"high": low, "low": high, None: low + high}[used.meant.get(gate)]
        if low + high >= SATURATED and harm >= SATURATED / 2:
            found.append((gate, low, high))
    return found


def judge_units(
    used: Sequence[Saturation], seen: Sequence[Behaviour], vanishing: bool, needed: int
) -> list[Finding]:
    """Judge every layer and direction.

    Parameters
    ----------
    used, seen
        In the same order; ``seen`` may be empty.
    vanishing : bool
        Whether the model's gradient falls short of the need: a shut gate or a
        flat slope is then its cause.
    needed : int
    """
    found = []
    unscaled = {b.name: _unscaled(b) for b in seen}
    by_name = {b.name: b for b in seen}
    for s in used:
        b = by_name.get(s.name)
        ends = saturated_gates(s)
        large = unscaled.get(s.name)
        if ends and large:
            found.append(large)
        found += [_saturated(s.name, *end) for end in ends]
        found += _dead(s)
        if b is not None and not (ends and large):
            found += _shut(b) if vanishing else _shut_through(b, "warning")
            found += _flat(b, needed) if vanishing else []
    return found


def _unscaled(b: Behaviour) -> Finding | None:
    if not max(b.input_size, b.input_offset) > LARGE_INPUT:
        return None
    return finding(
        "inputs are not scaled",
        "error",
        f"{b.name}: its inputs have root mean square {b.input_size:.3g} and means up "
        f"to {b.input_offset:.3g}; they add {b.drive:.3g} to a pre-activation",
        value=max(b.input_size, b.input_offset),
        limit=LARGE_INPUT,
        threshold=f"both at most {LARGE_INPUT:g}, where units saturate",
    )


def _saturated(name: str, gate: str, low: float, high: float) -> Finding:
    what = "slope of the nonlinearity" if gate == "slope" else f"gate {gate}"
    return finding(
        "saturated units",
        "warning",
        f"{name}: {what} is below {GATE_LOW} in {low:.0%} and above {GATE_HIGH} in "
        f"{high:.0%} of its values",
        value=low + high,
        limit=SATURATED,
        threshold=f"under {SATURATED:.0%} of the values",
    )


def _dead(s: Saturation) -> list[Finding]:
    if s.dead < DEAD:
        return []
    return [
        finding(
            "dead units",
            "error" if s.dead > 0.5 else "warning",
            f"{s.name}: {s.dead:.0%} of the units never change over the batch",
            value=s.dead,
            limit=DEAD,
            threshold=f"under {DEAD:.0%} of the units",
        )
    ]


def _shut(b: Behaviour) -> list[Finding]:
    if not b.keep:
        return []
    f = b.kept
    if f < SHUT:
        lasts = -1 / math.log(max(f, 1e-12))
        return [
            finding(
                "forget gate shut",
                "error",
                f"{b.name}: gate {b.keep}, which keeps the state, is {f:.3f} (median "
                f"over units): a state lasts {lasts:.1f} steps",
                value=f,
                limit=SHUT,
                threshold=f"at least {SHUT}",
            )
        ]
    return _shut_through(b)


def _shut_through(b: Behaviour, severity: str = "error") -> list[Finding]:
    """Judge gates that let in and out, as an LSTM's: wrong whatever the horizon."""
    found = []
    # Chrono initialisation sets i to about 1 - f: then a small i is meant.
    write = b.gates.get(b.write, 1.0)
    if write < SHUT / 4 and write + b.kept < 0.8:
        found.append(("input gate shut", b.write))
    if b.gates.get(b.out, 1.0) < SHUT / 4:
        found.append(("output gate shut", b.out))
    return [
        finding(
            name,
            severity,
            f"{b.name}: gate {gate} is {b.gates[gate]:.3f} (median over units)",
            value=b.gates[gate],
            limit=SHUT / 4,
            threshold=f"at least {SHUT / 4}",
        )
        for name, gate in found
    ]


def _flat(b: Behaviour, needed: int) -> list[Finding]:
    """Judge whether slopes alone, with an orthogonal matrix, would lose the need."""
    if not 0 < b.slope < 1:
        return []
    lost = -math.log(b.slope)
    reach = -math.log(VANISHED) / lost
    # A contracting matrix loses as well: whichever loses more is the cause.
    share = lost / (lost + max(0.0, -math.log(max(b.gain, 1e-30))))
    if reach >= needed or share < SLOPE_LOSS:
        return []
    bound = "; σ' is at most 1/4" if b.variant == "sigmoid" else ""
    return [
        finding(
            "flat nonlinearity",
            "error",
            f"{b.name}: the slope of {b.variant} is {b.slope:.3g} on average{bound}: "
            f"a thousandth after {reach:.0f} steps even if the matrix kept all; "
            f"{share:.0%} of the decay",
            value=share,
            limit=SLOPE_LOSS,
            threshold=f"under {SLOPE_LOSS:.0%} of the decay",
        )
    ]
