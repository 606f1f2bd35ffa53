"""What a search found, in words and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elman.cli._output import Output, number

# Trials that are shown, the best.
_SHOWN = 5


def show_search(results: dict[str, Any], out: Output) -> None:
    """Print what was tried, what was chosen, and whether it helped."""
    found = results.get("search")
    if not found:
        return
    out.heading("Search")
    trials, metric = found["trials"], found["metric"]
    dropped = sum(row["ended"] == "dropped" for row in trials)
    hopeless = sum(row["ended"].startswith("hopeless") for row in trials)
    failed = sum(row["score"] is None for row in trials) - dropped - hopeless
    counts = f"{len(trials)}, {dropped} of them dropped early, {failed} failed"
    counts += f", {hopeless} hopeless and not trained" if hopeless else ""
    tried = ", ".join(f"{name}={words}" for name, words in found["space"].items())
    out.pairs(
        [
            ("tried", tried),
            ("by", found["sampler"]),
            ("in", found["folds"]),
            ("trials", counts),
            ("ended", found["ended"]),
        ]
    )
    best = [row for row in trials if row["score"] is not None]
    best = sorted(best, key=lambda row: -row["score"])[:_SHOWN]
    names = list(found["space"])
    out.line()
    out.table(
        ["best trials", f"{metric} in folds", *names],
        [
            [
                str(row["number"]),
                number(row["score"]),
                *(_word(row["params"][name]) for name in names),
            ]
            for row in best
        ],
        best=0,
    )
    out.line()
    out.table(
        [found["test"], metric, "±", "seeds"],
        [
            _row("chosen", found["chosen"]),
            *([_row("default", found["default"])] if found["default"] else []),
        ],
    )
    out.line(found["verdict"])
    out.line(found["bias"])
    if "command" in found:
        out.line(f"Train with it: {found['command']}")


def _row(name: str, scores: dict[str, Any]) -> Sequence[str]:
    spread = scores["deviation"]
    each = str(len(scores["scores"]))
    return [name, number(scores["mean"]), number(spread), each]


def _word(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)
