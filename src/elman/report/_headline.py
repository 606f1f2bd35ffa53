"""The few numbers at the top of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._numbers import fixed, number, percent, places
from ._values import finite, rows, section


@dataclass(frozen=True)
class Figure:
    """One big number and the words beneath it."""

    value: str
    words: str


def big_numbers(results: Mapping[str, Any]) -> list[Figure]:
    """Return at most four numbers: network, best baseline, reach, coverage."""
    found = _scores(results)
    diagnosis = section(results, "diagnosis")
    needed = finite(diagnosis.get("needed"))
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
    best: dict[str, tuple[float, str]] = {}
    for row in rows(scores, "rows"):
        kind, value = str(row.get("kind")), finite(section(row, "values").get(metric))
        if value is None:
            continue
        if kind not in best or sign * value < sign * best[kind][0]:
            best[kind] = (value, str(row.get("model")))
    decimals = places(value for value, _ in best.values())
    found = []
    if "network" in best:
        found.append(
            Figure(fixed(best["network"][0], decimals), f"{metric} of the network")
        )
    if "baseline" in best:
        value, model = best["baseline"]
        text = f"{metric} of the best baseline, {model}"
        found.append(Figure(fixed(value, decimals), text))
    return found


def _reach(part: Mapping[str, Any]) -> str:
    if part.get("verdict") == "exploding":
        return "explodes"
    known = finite(part.get("horizon"))
    if known is not None:
        return number(round(known), 4)
    return "∞" if part else ""
