"""The tables of the page: scores, remedies, confusion, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._numbers import fixed, number, places
from ._values import finite, floats, listed, rows, section

_KINDS = {
    "network": "network",
    "part": "its linear part",
    "baseline": "baseline",
    "greedy": "",
}


@dataclass(frozen=True)
class ScoreRow:
    """One model: its values as text, and how long its bar is (0 to 1)."""

    model: str
    kind: str
    values: list[str]
    share: float | None
    winner: bool


@dataclass(frozen=True)
class ScoreTable:
    """Every model by every metric, the best first."""

    metric: str
    better: str
    split: str
    metrics: list[str]
    rows: list[ScoreRow]
    verdict: str
    plainly: str
    signatures: list[str]


def score_table(results: Mapping[str, Any]) -> ScoreTable | None:
    """Return the results' ``scores`` as a table sorted by its metric."""
    scores = section(results, "scores")
    models = rows(scores, "rows")
    if not models:
        return None
    metrics = list(
        dict.fromkeys(key for row in models for key in section(row, "values"))
    )
    metric = str(scores.get("metric") or (metrics[0] if metrics else ""))
    lower = bool(scores.get("lower_is_better", True))
    if metric in metrics:
        metrics.insert(0, metrics.pop(metrics.index(metric)))
    main = [finite(section(row, "values").get(metric)) for row in models]
    top = max((abs(value) for value in main if value is not None), default=0.0)
    winner = scores.get("winner")

    def order(place: int) -> tuple[bool, float]:
        value = main[place]
        return (value is None, 0 if value is None else value if lower else -value)

    ranked = sorted(range(len(models)), key=order)
    first = section(models[ranked[0]], "values")
    decimals = [
        _decimals(first.get(key), [section(row, "values").get(key) for row in models])
        for key in metrics
    ]
    table = []
    for place in ranked:
        row, value = models[place], main[place]
        values = section(row, "values")
        table.append(
            ScoreRow(
                model=str(row.get("model")),
                kind=_kind(row),
                values=[
                    fixed(values.get(key), d)
                    for key, d in zip(metrics, decimals, strict=True)
                ],
                share=abs(value) / top if value is not None and top else None,
                winner=row.get("model") == winner,
            )
        )
    return ScoreTable(
        metric=metric,
        better="lower is better" if lower else "higher is better",
        split=str(scores.get("split") or ""),
        metrics=metrics,
        rows=table,
        verdict=str(scores.get("verdict") or ""),
        plainly=_plainly(models, winner, str(scores.get("verdict") or "")),
        signatures=[
            f"{name}: {text}" for name, text in section(scores, "signatures").items()
        ],
    )


def _decimals(best: Any, values: list[Any]) -> int:
    """Return a column's decimals: three for shares of one, else the best's own."""
    known = [abs(value) for value in map(finite, values) if value is not None]
    if known and 0.1 < max(known) <= 1 and abs(finite(best) or 0) > 0.1:
        return 3
    return places([best])


def _kind(row: Mapping[str, Any]) -> str:
    """Return what a model is, in a word, unless its name says so already."""
    kind = str(row.get("kind") or "")
    return "" if kind == row.get("model") else _KINDS.get(kind, kind)


def _plainly(models: list[Mapping[str, Any]], winner: Any, verdict: str) -> str:
    """Say that the network did not win, unless the verdict has said so."""
    kind = next((row.get("kind") for row in models if row.get("model") == winner), None)
    if "wins" in verdict.lower():
        return ""
    if kind == "baseline":
        return (
            f"A baseline wins: {winner} does better than the network on these data. "
            "Use it, or change the network."
        )
    if kind == "part":
        return (
            f"The {winner} alone does better than with the network's correction on "
            "these data."
        )
    return ""


def remedy_rows(diagnosis: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the remedies measured: name, horizons, verdict, and which was taken."""
    return [
        {
            "name": str(row.get("name")),
            "before": number(_whole(row.get("horizon_before")), 5),
            "after": number(_whole(row.get("horizon_after")), 5),
            "verdict": str(row.get("verdict_after") or ""),
            "taken": row.get("name") == diagnosis.get("remedy"),
        }
        for row in rows(diagnosis, "remedies")
    ]


def _whole(value: Any) -> int | None:
    known = finite(value)
    return None if known is None else round(known)


def confusion_rows(confusion: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the confusion matrix: a row per true label, each cell with its share."""
    labels, matrix = listed(confusion, "labels"), listed(confusion, "matrix")
    table = []
    for i, (label, counts) in enumerate(zip(labels, matrix, strict=False)):
        known = np.nan_to_num(floats(counts)[: len(labels)])
        known = np.pad(known, (0, len(labels) - len(known)))
        total = known.sum()
        cells = [
            {
                "count": number(float(count), 6) if count else "",
                "share": round(float(count / total), 3) if total else 0,
                "right": i == j,
            }
            for j, count in enumerate(known)
        ]
        row = {"label": str(label), "cells": cells, "total": number(float(total), 6)}
        table.append(row)
    return table


def label_error_rows(results: Mapping[str, Any]) -> list[list[str]]:
    """Return what became of each label, those with errors alone, as rows of text."""
    kinds = ("substituted", "deleted", "inserted")
    table = []
    for row in rows(results, "label_errors"):
        counts = {key: finite(row.get(key)) or 0.0 for key in ("said", *kinds)}
        if not any(counts[kind] for kind in kinds):
            continue
        mostly = str(row.get("mostly") or "")
        cells = [number(count, 6) if count else "" for count in counts.values()]
        table.append([str(row.get("label") or ""), *cells, mostly])
    return table


def class_rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the classes with their counts and the length of their bars."""
    counts = {str(k): finite(v) or 0.0 for k, v in section(data, "classes").items()}
    top = max(counts.values(), default=0.0)
    return [
        {
            "name": name,
            "count": number(count, 6),
            "share": round(count / top, 3) if top else 0,
        }
        for name, count in counts.items()
    ]


def next_rows(forecast: Mapping[str, Any], moment: Any) -> list[list[str]]:
    """Return the next horizon as rows of text: time, forecast, lower, upper."""
    coming = section(forecast, "next")
    keys = ["prediction", "lower", "upper"]
    lists = [listed(coming, key) for key in keys]
    times = listed(coming, "time")
    decimals = places(lists[0])
    return [
        [
            moment(time),
            *(fixed(c[i] if i < len(c) else None, decimals) for c in lists),
        ]
        for i, time in enumerate(times[:200])
    ]
