"""The one verdict on the gradient flow, which the words of every picture agree with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elman.report._values import finite, section


def current(diagnosis: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the diagnosis of the network that is trained: after a remedy, if any."""
    return section(diagnosis, "after") or section(diagnosis, "before")


def needed_of(diagnosis: Mapping[str, Any]) -> float | None:
    """Return the steps that the verdict compares with.

    No more than a window shows, even where the data need more.
    """
    needed = finite(diagnosis.get("needed"))
    measured = finite(current(diagnosis).get("needed"))
    if needed is None or measured is None:
        return needed
    return min(needed, measured)


def verdict_of(part: Mapping[str, Any], needed: float | None) -> str:
    """Return the verdict of a diagnosis, or nothing where it has none.

    "healthy", "vanishing" or "exploding"; of results that do not name it, by horizon
    and need.
    """
    said = part.get("verdict")
    if said is not None:
        return said if said in ("healthy", "vanishing", "exploding") else ""
    known = finite(part.get("horizon"))
    if known is None or needed is None:
        return ""
    return "healthy" if known >= needed else "vanishing"


def reason_of(part: Mapping[str, Any]) -> str:
    """Return why a diagnosis has no verdict, or nothing."""
    return " ".join(str(part.get("reason") or "").split())
