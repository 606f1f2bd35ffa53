"""From measurements to a verdict and findings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ._gates import Saturation
from ._lyapunov import Lyapunov
from ._results import Finding, LayerProfile, Remedy
from ._thresholds import (
    CHAOTIC,
    DEAD,
    EXPLODED,
    GATE_HIGH,
    GATE_LOW,
    NOISY,
    SATURATED,
    VANISHED,
)

Profiles = Sequence[LayerProfile]


def headline_of(profiles: Profiles) -> LayerProfile:
    """Choose the layer that speaks for the model.

    Among the layers with the longest sequence, the one that reaches farthest:
    in a stack, one layer that remembers is enough.
    """
    longest = max(p.steps for p in profiles)
    return max((p for p in profiles if p.steps == longest), key=lambda p: p.horizon)


def growth(profile: LayerProfile, needed: int) -> tuple[float, int]:
    """Return the largest A(k)/A(0) up to the needed lag, and that lag."""
    curve = np.asarray(profile.norm[: needed + 1])
    if len(curve) < 2 or not curve[0] > 0:
        return 0.0, 0
    lag = int(np.argmax(curve[1:])) + 1
    return float(curve[lag] / curve[0]), lag


def verdict_of(profiles: Profiles, needed: int) -> str:
    """Return "exploding", "vanishing" or "healthy".

    Exploding if A(k)/A(0) passes 1e3 in any layer at a lag the data need;
    else vanishing if the headline horizon is shorter than needed.
    """
    if any(growth(p, needed)[0] > EXPLODED for p in profiles):
        return "exploding"
    return "vanishing" if headline_of(profiles).horizon < needed else "healthy"


def findings_of(
    profiles: Profiles,
    exponents: Sequence[Lyapunov],
    used: Sequence[Saturation],
    needed: int,
    loss: float,
    remedies: Sequence[Remedy] = (),
    best: str | None = None,
) -> list[Finding]:
    """List what is wrong, the gravest first, each with its number."""
    measured = _measured_remedy(remedies, best, needed)
    found = [
        *_not_finite(loss),
        *_exploding(profiles, needed, measured),
        *_chaotic(exponents),
        *_vanishing(profiles, exponents, needed, measured),
        *_unreached(profiles),
        *_saturated(used),
        *_dead(used),
        *_noisy(profiles, needed),
        *_short_window(profiles, needed),
    ]
    order = {"error": 0, "warning": 1, "note": 2}
    return sorted(found, key=lambda f: order[f.severity])


def _measured_remedy(remedies: Sequence[Remedy], best: str | None, needed: int) -> str:
    """Say what the measured remedies came to, or nothing if none was measured."""
    chosen = next((r for r in remedies if r.name == best), None)
    if chosen is not None:
        short = "" if chosen.verdict_after == "healthy" else ", still short of the need"
        return (
            f"{chosen.call}: measured to reach {chosen.horizon_after:.0f} steps{short}"
        )
    if remedies:
        return (
            "none of the initialisations measured helps: look at the other findings; "
            f"else a GRU or LSTM with elman.init.chrono_(layer, t_max={needed})"
        )
    return ""


def _not_finite(loss: float) -> list[Finding]:
    if math.isfinite(loss):
        return []
    return [
        Finding(
            "loss is not finite",
            "error",
            f"the loss of the first batch is {loss}",
            "a finite number",
            "a gradient of it is no number either",
            "look for infinite or missing inputs and targets; scale the inputs",
        )
    ]


def _exploding(profiles: Profiles, needed: int, measured: str) -> list[Finding]:
    found = []
    for p in profiles:
        ratio, lag = growth(p, needed)
        if ratio > EXPLODED:
            found.append(
                Finding(
                    "gradients explode",
                    "error",
                    f"{p.name}: A({lag})/A(0) = {ratio:.1e}",
                    f"A(k)/A(0) at most {EXPLODED:.0e} up to the {needed} steps needed",
                    "clipping then keeps the direction of a few rows only (Pascanu, "
                    "Mikolov and Bengio 2013)",
                    measured
                    or "orthogonal initialisation, or a smaller recurrent gain",
                )
            )
    return found


def _chaotic(exponents: Sequence[Lyapunov]) -> list[Finding]:
    found = []
    for lam in exponents:
        first, error = lam.exponents[0], lam.errors[0]
        if first > CHAOTIC and first > NOISY * error:
            found.append(
                Finding(
                    "chaotic state",
                    "warning",
                    f"{lam.name}: leading Lyapunov exponent {lam} "
                    f"per step: states e-fold apart in {1 / first:.1f} steps",
                    f"λ₁ at most {CHAOTIC}",
                    "chaotic dynamics have exploding gradients always (Mikhaeil, "
                    "Monfared and Durstewitz 2022)",
                    "orthogonal initialisation, or a smaller recurrent gain",
                )
            )
    return found


def _vanishing(
    profiles: Profiles, exponents: Sequence[Lyapunov], needed: int, measured: str
) -> list[Finding]:
    head = headline_of(profiles)
    if head.horizon >= needed:
        return []
    lam = next((x for x in exponents if x.name == head.name), None)
    rate = f", λ₁ = {lam}" if lam else ""
    general = (
        f"chrono initialisation, elman.init.chrono_(layer, t_max={needed})"
        if head.cell != "rnn"
        else "a GRU or LSTM with chrono initialisation; for this cell orthogonal or "
        "identity initialisation"
    )
    return [
        Finding(
            "gradients vanish",
            "error",
            f"{head.name}: the gradient falls to a thousandth after "
            f"{head.horizon:.0f} steps{rate}",
            f"A(k)/A(0) at least {VANISHED:.0e} up to the {needed} steps needed",
            "a lag below it no longer moves a weight",
            measured or general,
        )
    ]


def _unreached(profiles: Profiles) -> list[Finding]:
    return [
        Finding(
            "no gradient arrives",
            "warning",
            f"{p.name}: the loss depends on 0 of its {p.steps} steps",
            "at least one step",
            "a layer the loss does not depend on cannot learn",
            "look for detach() or no_grad() between this layer and the loss",
        )
        for p in profiles
        if not p.connected
    ]


# The side on which a saturated gate does what it is for: keep the state (chrono
# initialisation puts f and z there, and i on the other side).
_MEANT = {"f": "high", "z": "high", "i": "low", "slope": "high"}


def _saturated(used: Sequence[Saturation]) -> list[Finding]:
    found = []
    for s in used:
        for gate, low in s.low.items():
            high = s.high[gate]
            meant = _MEANT.get(gate)
            harm = {"high": low, "low": high, None: low + high}[meant]
            if low + high < SATURATED or harm < SATURATED / 2:
                continue
            what = "slope of the nonlinearity" if gate == "slope" else f"gate {gate}"
            found.append(
                Finding(
                    "saturated units",
                    "warning",
                    f"{s.name}: {what} is below {GATE_LOW} in {low:.0%} and above "
                    f"{GATE_HIGH} in {high:.0%} of its values",
                    f"under {SATURATED:.0%} of the values",
                    "there σ' is under 4 % of its largest value and learns slowly",
                    "scale the inputs, or start the biases nearer to zero",
                )
            )
    return found


def _dead(used: Sequence[Saturation]) -> list[Finding]:
    return [
        Finding(
            "dead units",
            "warning",
            f"{s.name}: {s.dead:.0%} of the units never change over the batch",
            f"under {DEAD:.0%} of the units",
            "a unit that never changes carries nothing",
            "scale the inputs, or another nonlinearity than ReLU",
        )
        for s in used
        if s.dead >= DEAD
    ]


def _noisy(profiles: Profiles, needed: int) -> list[Finding]:
    head = headline_of(profiles)
    if not (head.error > 0 and head.horizon > 0):
        return []
    # A horizon is one over a rate, so its error is a ratio.
    if abs(math.log(head.horizon / needed)) >= NOISY * head.error / head.horizon:
        return []
    return [
        Finding(
            "measurement is noisy",
            "note",
            f"{head.name}: horizon {head.horizon:.0f} ± {head.error:.0f} steps, "
            f"needed {needed}",
            f"a ratio away from 1 by {NOISY:.0f} relative standard errors",
            "the usual 95 % interval",
            "diagnose on more rows",
        )
    ]


def _short_window(profiles: Profiles, needed: int) -> list[Finding]:
    head = headline_of(profiles)
    if head.steps >= needed:
        return []
    return [
        Finding(
            "sequences are too short",
            "warning",
            f"the longest sequence has {head.steps} steps",
            f"the {needed} steps the data need",
            "no gradient reaches past the start of a sequence",
            f"train on windows of at least {needed} steps",
        )
    ]
