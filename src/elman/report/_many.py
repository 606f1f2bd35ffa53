"""The series that are forecast worst, of many, and how errors spread over all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._numbers import number, percent
from ._values import floats, listed, rows, section


@dataclass(frozen=True)
class ManySeries:
    """A caption on all series, and the worst of them as rows of text."""

    caption: str
    rows: list[list[str]]


def many_series(results: Mapping[str, Any]) -> ManySeries | None:
    """Return what the results say of each of many series, None for one series."""
    worst, each = rows(results, "worst"), section(results, "series")
    scores = floats(listed(each, "MASE"))
    known = scores[np.isfinite(scores)]
    if not worst or not len(known):
        return None
    low, middle, high = (number(v) for v in np.quantile(known, [0.1, 0.5, 0.9]))
    return ManySeries(
        f"The worst of {len(known):,} series. Of all, a tenth have a MASE below {low},"
        f" half below {middle}, a tenth above {high}; results.json has every one.",
        [
            [
                str(row.get("id")),
                *(number(row.get(key), 6) for key in ("steps", "MASE")),
                *(number(row.get(key)) for key in ("best baseline", "sMAPE")),
                percent(row.get("coverage")),
            ]
            for row in worst
        ],
    )
