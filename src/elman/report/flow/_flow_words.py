"""What the gradient-flow picture says, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elman.report._numbers import number
from elman.report._values import finite, rows, section
from elman.report.drawing._picture import Key

from ._verdict import needed_of, reason_of, verdict_of


def steps(horizon: Any) -> str:
    """Return a horizon in steps: ``4 steps``, or that its end is not in sight."""
    if isinstance(horizon, float) and horizon == float("inf"):
        return "as far as was measured"
    known = finite(horizon)
    if known is None:
        return "as far as was measured"
    return "1 step" if round(known) == 1 else f"{number(round(known), 4)} steps"


def capped(part: Mapping[str, Any]) -> bool:
    """Return whether the horizon of a diagnosis is only known from below."""
    return _head(part).get("capped") is True


def _extrapolated(part: Mapping[str, Any]) -> bool:
    """Return whether the horizon of a diagnosis lies beyond what was measured."""
    return _head(part).get("beyond_window") is True


def _head(part: Mapping[str, Any]) -> Mapping[str, Any]:
    named = (p for p in rows(part, "profile") if p.get("name") == part.get("headline"))
    return next(named, {})


def flow_keys(ill: bool, before: bool, after: bool, others: bool) -> list[Key]:
    """Return the legend of the gradient-flow picture."""
    keys = network_keys(ill, before, after)
    if others:
        keys.append(Key("line faint", "its other layers"))
    keys.append(Key("line signal dotted", "a thousandth: too faint to learn from"))
    return keys


def network_keys(ill: bool, before: bool, after: bool) -> list[Key]:
    """Return the legend of the network's curves before and after the remedy."""
    keys = []
    if before:
        look = "line signal dashed" if ill else "line accent"
        keys.append(Key(look, "as first built" if after else "this network"))
    if after:
        keys.append(Key("line accent", "with the remedy"))
    return keys


def flow_finding(diagnosis: Mapping[str, Any]) -> str:
    """Return what is good and what is bad about this network on these data."""
    needed, asked = needed_of(diagnosis), finite(diagnosis.get("needed"))
    before, after = section(diagnosis, "before"), section(diagnosis, "after")
    remedy = diagnosis.get("remedy")
    said = []
    if before:
        first = "As first built" if after else "Before training"
        said.append(_state(first, before, needed))
    if after:
        name = f"With the remedy “{remedy}”" if remedy else "With the remedy"
        said.append(_state(name, after, needed))
    if needed and asked and asked > needed:
        said.append(
            f"The network sees {number(needed, 4)} steps at a time, of the "
            f"{number(asked, 4)} the data need."
        )
    source = diagnosis.get("needed_source")
    if asked and source:
        said.append(f"Why {number(asked, 4)}: {' '.join(str(source).split())}.")
    return " ".join(said)


def _state(subject: str, part: Mapping[str, Any], needed: float | None) -> str:
    horizon, verdict = part.get("horizon"), verdict_of(part, needed)
    reason = reason_of(part)
    if reason:
        return f"{subject}, nothing can be said about the flow: {reason}."
    if verdict == "exploding":
        return f"{subject}, gradients grow as they travel back: bad, training may jump."
    least = "at least " if capped(part) else "about " if _extrapolated(part) else ""
    reach = f"{subject}, gradients reach {least}{steps(horizon)} back"
    if needed is None:
        return f"{reach}."
    if verdict == "vanishing":
        return f"{reach}, short of the {number(needed, 4)} the data need: bad."
    return f"{reach}, and the data need {number(needed, 4)}: good."
