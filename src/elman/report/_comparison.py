"""The table of networks of one size that were trained alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._numbers import fixed, number
from ._values import finite, listed, rows, section

_PLACES = 3
# Of results that do not say it.
_ALONE = "Networks are alone here, without linear models."


@dataclass(frozen=True)
class Compared:
    """Rows of text, the best first, and a caption.

    Parameters
    ----------
    caption : str
    metric : str
    rows : list of dict
        model, what it is, score, cells about its training, whether it is the best.
    """

    caption: str
    metric: str
    rows: list[dict[str, Any]]


def comparison_table(comparison: Mapping[str, Any]) -> Compared | None:
    """Return the results' ``comparison`` sorted by its metric, simple models too."""
    metric = str(comparison.get("metric") or "")
    known = [
        (value, row)
        for row in rows(comparison, "rows")
        if (value := finite(section(row, "values").get(metric))) is not None
    ]
    if not known:
        return None
    lower = bool(comparison.get("lower_is_better"))
    known.sort(key=lambda pair: pair[0] if lower else -pair[0])
    seeds = int(finite(comparison.get("seeds")) or 1)
    seconds = number(comparison.get("seconds"))
    among = str(comparison.get("among", _ALONE))
    as_long = "" if comparison.get("given_seconds") else ", what the first took"
    return Compared(
        f"{metric}, {'lower' if lower else 'higher'} is better"
        f"{f'; mean and deviation over {seeds} seeds' if seeds > 1 else '; one seed'}."
        " Each network has about as many parameters and was trained for at most"
        f" {seconds} s{as_long}. {among}".rstrip(),
        metric,
        [_row(row, metric, place == 0) for place, (_, row) in enumerate(known)],
    )


def _row(row: Mapping[str, Any], metric: str, best: bool) -> dict[str, Any]:
    deviation = finite(section(row, "deviations").get(metric))
    score = fixed(section(row, "values").get(metric), _PLACES)
    network = finite(row.get("parameters")) is not None
    cells = [""] * 5
    if network:
        ended = dict.fromkeys(str(end) for end in listed(row, "stopped"))
        cells = [
            number(row.get("parameters"), 9),
            f"{row.get('layers')} × {row.get('hidden_size')}",
            number(row.get("seconds")),
            number(finite(row.get("epochs"))),
            ", ".join(ended),
        ]
    what = {"network": "this network", "other": ""}.get(
        str(row.get("kind")), "no network"
    )
    return {
        "model": str(row.get("model")),
        "kind": what,
        "score": score + (f" ± {deviation:.2g}" if deviation is not None else ""),
        "cells": cells,
        "best": best,
    }
