"""The few numbers at the top of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._numbers import fixed, number, percent, places
from ._values import finite, rows, section
from .flow._flow_words import capped
from .flow._verdict import needed_of, reason_of


@dataclass(frozen=True)
class Figure:
    """One big number and the words beneath it."""

    value: str
    words: str


def big_numbers(results: Mapping[str, Any]) -> list[Figure]:
    """Return at most four numbers: network, best other, reach, coverage."""
    found = _scores(results)
    diagnosis = section(results, "diagnosis")
    needed = needed_of(diagnosis)
    before = _reach(section(diagnosis, "before"))
    after = _reach(section(diagnosis, "after"))
    if before and needed:
        value = f"{before} → {after}" if after else before
        found.append(
            Figure(value, f"steps its gradients reach; {number(needed, 4)} needed")
        )
    forecast = section(results, "forecast")
    coverage = finite(forecast.get("coverage"))
    if coverage is not None:
        level = percent(forecast.get("level"))
        found.append(Figure(percent(coverage), f"of the truth in the {level} interval"))
    return found[:4]


def _scores(results: Mapping[str, Any]) -> list[Figure]:
    scores = section(results, "scores")
    metric = str(scores.get("metric") or "score")
    sign = 1 if scores.get("lower_is_better", True) else -1
    ranked = []
    for row in rows(scores, "rows"):
        value = finite(section(row, "values").get(metric))
        if value is not None:
            ranked.append((sign * value, value, row.get("kind"), row.get("model")))
    # The first of equals stays first.
    ranked.sort(key=lambda entry: entry[0])
    network = [entry for entry in ranked if entry[2] == "network"][:1]
    others = [entry for entry in ranked if entry[2] in ("part", "baseline")][:1]
    decimals = places(value for _, value, _, _ in network + others)
    found = []
    for _, value, _, _ in network:
        found.append(Figure(fixed(value, decimals), f"{metric} of the network"))
    for _, value, kind, model in others:
        what = "its linear part" if kind == "part" else "the best baseline"
        found.append(Figure(fixed(value, decimals), f"{metric} of {what}, {model}"))
    return found


def _reach(part: Mapping[str, Any]) -> str:
    if part.get("verdict") == "exploding":
        return "explodes"
    if reason_of(part):
        return "?"
    known = finite(part.get("horizon"))
    if known is not None:
        sign = "≥ " if capped(part) else ""
        return f"{sign}{number(round(known), 4)}"
    return "∞" if part else ""
