"""Who won, by how much, and the sentence that says so: for every task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_SAME = 1e-5
# From here on a ratio is said as one.
_TIMES, _MILLION = 5.0, 1e6


def verdict(
    rows: Sequence[dict[str, Any]],
    metric: str = "MAE",
    rounding: float = 0.0,
    *,
    lower_is_better: bool = True,
    percent: bool = True,
) -> tuple[str, str]:
    """Return the winner's name and one sentence about it.

    Parameters
    ----------
    rows : sequence of dict
        Those that can win, each with "model", "kind" and "values"; exactly one is
        of the kind "network".
    metric : str
        The score that decides.
    rounding : float
        Scores that differ by less are the same.
    lower_is_better : bool
        An error, given in its unit and compared by its share; or a share that is
        right, given in per cent and compared by points.
    percent : bool
        Whether such a share is of 1; else it is of 100, such as BLEU.
    """
    network = next(row for row in rows if row["kind"] == "network")
    others = [row for row in rows if row is not network]
    name, mine = network["model"], network["values"][metric]
    # A sentence begins with it, or has it inside.
    first, inside = ("The network", "the network") if name == "network" else (name,) * 2
    words = _error if lower_is_better else _share if percent else _points
    if not others:
        return name, f"{first} has {metric} {words(mine)}."
    choose = min if lower_is_better else max
    best = choose(others, key=lambda row: row["values"][metric])
    theirs = best["values"][metric]
    # A correction of zero differs from what it corrects by float32 rounding.
    if abs(mine - theirs) <= max(_SAME * abs(theirs), rounding):
        added = ": training found nothing to add" if best["kind"] == "part" else ""
        return name, (
            f"{first} and {best['model']} have the same {metric}, {words(mine)}{added}."
        )
    gap = _gap(mine, theirs, lower_is_better, percent)
    if (mine < theirs) == lower_is_better:
        end = "lowest" if lower_is_better else "highest"
        return name, (
            f"{first} has the {end} {metric}, {words(mine)}: "
            f"{gap} {best['model']} ({words(theirs)})."
        )
    if lower_is_better and not theirs:
        return best["model"], (
            f"A baseline wins: {best['model']} makes no error at all, "
            f"{inside} has {metric} {words(mine)}."
        )
    return best["model"], (
        f"A baseline wins: {best['model']} has {metric} {words(theirs)}, "
        f"{inside} {words(mine)}, {gap}."
    )


def said(value: float, lower_is_better: bool, percent: bool = True) -> str:
    """Return a score as a sentence has it."""
    words = _error if lower_is_better else _share if percent else _points
    return words(value)


def _error(value: float) -> str:
    return f"{value:.4g}"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _points(value: float) -> str:
    return f"{value:.1f}"


def _gap(
    mine: float, theirs: float, lower_is_better: bool, percent: bool = True
) -> str:
    """Return how far one is from the other, with the direction."""
    where = "below" if mine < theirs else "above"
    if lower_is_better:
        ratio = mine / theirs if theirs else 1.0
        # Beside what is next to nothing a share in per cent has no end.
        if ratio >= _MILLION:
            return "more than a million times as much"
        if ratio >= _TIMES:
            return f"{ratio:,.0f} times as much"
        return f"{abs(ratio - 1):.1%} {where}"
    return f"{(100 if percent else 1) * abs(mine - theirs):.1f} points {where}"
