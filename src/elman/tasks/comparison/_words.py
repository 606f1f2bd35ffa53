"""What a comparison of networks says, and how sure it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.tasks._chance import beyond_chance, mean_of
from elman.tasks._verdict import said


def sentence(
    found: dict[str, Any],
    errors: dict[str, list[NDArray[np.float64]]],
) -> str:
    """Return who is best, beside the chosen network and the best simple model.

    Parameters
    ----------
    found : dict
        The comparison without this.
    errors : dict of str to ndarray
        How wrong each network is on every sequence, or part of a text, by seed.
    """
    metric, lower = found["metric"], found["lower_is_better"]
    sign = 1 if lower else -1
    networks = [row for row in found["rows"] if row["kind"] in ("network", "other")]
    simple = [row for row in found["rows"] if row["kind"] not in ("network", "other")]
    ranked = sorted(networks, key=lambda row: sign * row["values"][metric])
    chosen = next(row for row in networks if row["kind"] == "network")
    best, second = ranked[:2]

    def words(row: dict[str, Any]) -> str:
        value = said(row["values"][metric], lower, found.get("percent", True))
        return f"{row['model']} ({value})"

    first = (
        f"Of {len(networks)} networks with about {found['parameters']:,} parameters"
        f" {words(best)} has the {'lowest' if lower else 'highest'} {metric}"
    )
    other = second if best is chosen else chosen
    pairs = zip(errors[other["model"]], errors[best["model"]], strict=True)
    gaps = [worse - better for worse, better in pairs]
    by_seed = np.array([mean_of(gap) for gap in gaps])
    mean = float(by_seed.mean())
    sure = mean > 0 and beyond_chance(mean, [np.mean(gaps, 0), by_seed])
    how = "by more than chance" if sure else "by no more than chance"
    if len(gaps) == 1:
        how += ", as far as one seed tells"
    parts = [f"{first}, before {words(other)}, {how}."]
    if simple:
        top = min(simple, key=lambda row: sign * row["values"][metric])
        better = sign * (top["values"][metric] - best["values"][metric]) < 0
        wins = "A simpler model does better" if better else "The best simple model"
        parts.append(f"{wins}: {words(top)}.")
    return " ".join(parts)
