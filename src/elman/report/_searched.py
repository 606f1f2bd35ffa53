"""What a search chose, beside what it started from, in rows of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._numbers import number
from ._values import finite, listed, section


@dataclass(frozen=True)
class Searched:
    """What a page shows of a search beside its pictures.

    Parameters
    ----------
    facts : list of tuple
        Names and values: what was tried, how, and what was chosen.
    metric, test : str
    rows : list of tuple
        Name, mean, deviation, seeds: scores on the test part.
    said : list of str
        Whether it helped, and what the scores in the folds are worth.
    command : str
        That trains the choice; empty if it is not known.
    """

    facts: list[tuple[str, str]]
    metric: str
    test: str
    rows: list[tuple[str, str, str, str]]
    said: list[str]
    command: str


def searched(found: Mapping[str, Any]) -> Searched | None:
    """Return the results' ``search`` in words."""
    chosen = section(found, "chosen")
    if finite(chosen.get("mean")) is None:
        return None
    tried = ", ".join(f"{k}={v}" for k, v in section(found, "space").items())
    values = ", ".join(
        f"{name}={number(value) if isinstance(value, float) else value}"
        for name, value in section(chosen, "params").items()
    )
    facts = [
        ("tried", tried),
        ("trials", f"{len(listed(found, 'trials'))}, by {found.get('sampler')}"),
        ("folds", str(found.get("folds") or "")),
        ("chosen", values),
    ]
    both = {"chosen": chosen, "default": section(found, "default")}
    rows = [
        (
            name,
            number(part.get("mean")),
            number(part.get("deviation")),
            str(len(listed(part, "scores"))),
        )
        for name, part in both.items()
        if finite(part.get("mean")) is not None
    ]
    said = [str(found[name]) for name in ("verdict", "bias") if found.get(name)]
    return Searched(
        facts,
        str(found.get("metric") or "score"),
        str(found.get("test") or "test"),
        rows,
        said,
        str(found.get("command") or ""),
    )
