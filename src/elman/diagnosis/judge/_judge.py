"""From measurements to a verdict and findings, causes before effects."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from elman.diagnosis._results import Finding, LayerProfile, Remedy
from elman.diagnosis._thresholds import CHAOTIC, EXPLODED, NOISY, TOLD, VANISHED
from elman.diagnosis.measure._behaviour import Behaviour
from elman.diagnosis.measure._gates import Saturation
from elman.diagnosis.measure._lyapunov import Lyapunov

from ._catalogue import finding, in_order
from ._judge_units import judge_units
from ._reach import Reach

Profiles = Sequence[LayerProfile]


def headline_of(profiles: Profiles) -> LayerProfile:
    """Choose the layer that speaks for the model.

    Among the layers with the longest sequence that the loss depends on, the one that
    reaches farthest: in a stack, one layer that remembers is enough.
    """
    heard = [p for p in profiles if p.connected] or profiles
    longest = max(max(p.steps, p.whole) for p in heard)
    return max(
        (p for p in heard if max(p.steps, p.whole) == longest),
        key=lambda p: p.horizon,
    )


def detached_first(profile: LayerProfile) -> bool:
    """Whether the gradient ends where the state is detached, not in the cell."""
    return profile.whole > 0 and profile.horizon >= profile.steps


def growth(profile: LayerProfile, needed: int) -> tuple[float, int]:
    """Return the largest A(k)/A(0) up to the needed lag, and that lag."""
    curve = np.asarray(profile.norm[: needed + 1])
    if len(curve) < 2 or not curve[0] > 0:
        return 0.0, 0
    lag = int(np.argmax(curve[1:])) + 1  # the first infinite one, if there is any
    return float(curve[lag] / curve[0]), lag


def verdict_of(profiles: Profiles, needed: int, apart: int = 1) -> str:
    """Return "exploding", "vanishing", "blurred" or "healthy".

    Exploding if A(k)/A(0) passes 1e3 in any layer at a lag the data need;
    else vanishing if the headline horizon is shorter than needed; else blurred if no
    layer that reaches tells two thirds of the steps apart there that have to be.
    """
    heard = [p for p in profiles if p.connected] or profiles
    if any(growth(p, needed)[0] > EXPLODED for p in heard):
        return "exploding"
    if headline_of(profiles).horizon < needed:
        return "vanishing"
    return "blurred" if blurred(profiles, needed, apart) else "healthy"


def blurred(profiles: Profiles, needed: int, apart: int) -> bool:
    """Whether steps that have to be told apart at the need are not, in any layer."""
    if apart <= 1:
        return False
    reaching = [p for p in profiles if p.connected and p.horizon >= needed]
    return not any(p.apart >= TOLD * min(apart, needed) for p in reaching)


def unclear(profile: LayerProfile, needed: int) -> bool:
    """Whether a horizon is too noisy to be told apart from the need."""
    if not (profile.error > 0 and profile.horizon > 0):
        return False
    # A horizon is one over a rate, so its error is a ratio.
    apart = abs(math.log(profile.horizon / needed))
    return apart < NOISY * profile.error / profile.horizon


def findings_of(
    profiles: Profiles,
    exponents: Sequence[Lyapunov],
    used: Sequence[Saturation],
    seen: Sequence[Behaviour],
    needed: int,
    reach: Reach,
    remedies: Sequence[Remedy] = (),
    best: str | None = None,
    apart: int = 1,
) -> list[Finding]:
    """List what is wrong with the flow, the gravest first, causes before effects."""
    measured = _measured_remedy(remedies, best, needed)
    healthy = verdict_of(profiles, needed) == "healthy"
    vanishing = headline_of(profiles).horizon < needed
    found = [
        *_exploding(profiles, needed, measured),
        *_chaotic(exponents, "warning" if healthy else "error"),
        *_vanishing(profiles, exponents, seen, needed, measured),
        *_blurred(profiles, needed, apart, "" if vanishing else measured),
        *judge_unreached(profiles),
        *judge_units(used, seen, vanishing, needed),
        *_noisy(profiles, needed),
        *reach.findings(),
    ]
    return in_order(found)


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
            "none of the changes measured helps: look at the other findings; "
            f"else a GRU or LSTM with elman.init.chrono_(layer, t_max={needed})"
        )
    return ""


def _exploding(profiles: Profiles, needed: int, measured: str) -> list[Finding]:
    found = []
    for p in profiles:
        ratio, lag = growth(p, needed)
        if ratio > EXPLODED:
            found.append(
                finding(
                    "gradients explode",
                    "error",
                    f"{p.name}: A({lag})/A(0) = {ratio:.1e}",
                    value=ratio,
                    limit=EXPLODED,
                    threshold=f"A(k)/A(0) at most {EXPLODED:.0e} up to the {needed} "
                    "steps needed",
                    remedy=measured,
                )
            )
    return found


def _chaotic(exponents: Sequence[Lyapunov], severity: str) -> list[Finding]:
    return [
        finding(
            "chaotic state",
            severity,
            f"{lam.name}: leading Lyapunov exponent {lam} per step: states e-fold "
            f"apart in {1 / lam.exponents[0]:.1f} steps",
            value=lam.exponents[0],
            limit=CHAOTIC,
            threshold=f"λ₁ at most {CHAOTIC}",
        )
        for lam in exponents
        if lam.exponents[0] > max(CHAOTIC, NOISY * lam.errors[0])
    ]


def _vanishing(
    profiles: Profiles,
    exponents: Sequence[Lyapunov],
    seen: Sequence[Behaviour],
    needed: int,
    measured: str,
) -> list[Finding]:
    head = headline_of(profiles)
    if head.horizon >= needed or unclear(head, needed) or detached_first(head):
        return []
    lam = next((x for x in exponents if x.name == head.name), None)
    rate = f", λ₁ = {lam}" if lam else ""
    general = (
        f"chrono initialisation, elman.init.chrono_(layer, t_max={needed})"
        if any(b.keep for b in seen if b.name == head.name)
        else "a GRU or LSTM with chrono initialisation; for this cell orthogonal or "
        "identity initialisation"
    )
    return [
        finding(
            "gradients vanish",
            "error",
            f"{head.name}: the gradient falls to a thousandth after "
            f"{head.horizon:.0f} steps{rate}",
            value=head.horizon,
            limit=needed,
            threshold=f"A(k)/A(0) at least {VANISHED:.0e} up to the {needed} steps "
            "needed",
            remedy=measured or general,
        )
    ]


def _blurred(
    profiles: Profiles, needed: int, apart: int, measured: str
) -> list[Finding]:
    if not blurred(profiles, needed, apart):
        return []
    head = headline_of(profiles)
    return [
        finding(
            "order is lost",
            "error",
            f"{head.name}: of the {min(apart, needed)} steps up to the last one "
            f"needed, {head.apart:.1f} are told apart at the end",
            value=head.apart,
            limit=TOLD * min(apart, needed),
            threshold=f"two thirds of {apart} steps told apart, {needed} steps back",
            remedy=measured,
        )
    ]


def judge_unreached(profiles: Profiles) -> list[Finding]:
    """Judge layers that the loss does not depend on."""
    return [
        finding(
            "no gradient arrives",
            "error",
            f"{p.name}: the loss depends on 0 of its {p.steps} steps",
            value=0,
            limit=1,
            threshold="at least one step",
        )
        for p in profiles
        if not p.connected
    ]


def _noisy(profiles: Profiles, needed: int) -> list[Finding]:
    head = headline_of(profiles)
    if not unclear(head, needed):
        return []
    return [
        finding(
            "measurement is noisy",
            "note",
            f"{head.name}: horizon {head.horizon:.0f} ± {head.error:.0f} steps, "
            f"needed {needed}",
            value=abs(math.log(head.horizon / needed)) * head.horizon / head.error,
            limit=NOISY,
            threshold=f"a ratio away from 1 by {NOISY:.0f} relative standard errors",
        )
    ]
