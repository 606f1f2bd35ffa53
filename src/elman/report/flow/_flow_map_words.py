"""What the map of the gradient flow says, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from elman.report._numbers import number
from elman.report._values import Floats

if TYPE_CHECKING:
    from ._flow_map import Layer

_LEAP = 1e3  # as in elman.diagnosis: beyond it a gradient has exploded
_SAID = {
    "collapsed": "the reach gave way",
    "exploded": "the gradient exploded",
    "nonfinite": "the gradient was no longer finite",
}


def map_finding(
    layers: Sequence[Layer],
    needed: int | None,
    alarms: Sequence[tuple[float, str]],
    lags: Sequence[tuple[int, int]],
) -> str:
    """Return what is good and what is bad about this training's gradients."""
    head = layers[0]
    said = [_reach(head, needed, lags[head.bins - 1][1])]
    size = _size(head)
    if size:
        said.append(size)
    none = int((np.nan_to_num(head.norm).max(axis=1) == 0).sum())
    if none:
        said.append(
            f"At {none} of the {len(head.norm)} steps looked at none arrived at all "
            "(blank): so it is while an output layer is still zero."
        )
    for step, kind in alarms:
        said.append(f"Alarm at step {step:,.0f}: {_SAID.get(kind, kind)}.")
    return " ".join(said)


def _reach(head: Layer, needed: int | None, end: int) -> str:
    arrived = np.nan_to_num(head.norm).max(axis=1) > 0
    known = head.reach[np.isfinite(head.reach) & arrived]
    if not len(known):
        return f"In {head.name} no gradient was finite: bad."
    first, last = ends(known)
    change = (
        f"reach {_steps(last, end)} from beginning to end"
        if round(first) == round(last)
        else f"reach {_steps(last, end)} when training ends, {number(round(first), 5)} "
        "when it begins"
    )
    text = f"In {head.name}, gradients {change}"
    if needed is None:
        return f"{text}."
    wanted = min(needed, end)
    share = float((known >= wanted).mean())
    if last >= wanted:
        if share >= 0.9:
            return f"Good: {text[0].lower()}{text[1:]}; the data need {needed:,}."
        return (
            f"{text}; the data need {needed:,}: good now, but in "
            f"{_percent(1 - share)} of the steps looked at they fell short."
        )
    if share >= 0.5:
        return (
            f"{text}; the data need {needed:,}: they had reached that in "
            f"{_percent(share)} of the steps looked at, and no longer do. Bad if the "
            "validation loss stopped falling then; fine if the network has found that "
            "less is enough."
        )
    return (
        f"Bad: {text[0].lower()}{text[1:]}, short of the {needed:,} the data need; "
        "what lies further back is hardly learned."
    )


def _size(head: Layer) -> str:
    top = np.nanmax(np.nan_to_num(head.norm), axis=1)
    top = top[top > 0]
    if len(top) < 2:
        return ""
    usual, largest = float(np.median(top)), float(top.max())
    if largest > _LEAP * usual:
        return (
            f"Their size leaps to {number(largest / usual, 2)} times the usual: bad, "
            "training may jump; clip the gradient or lower the learning rate."
        )
    return (
        f"Their size stays within {number(max(largest / usual, 1.0), 2)} times the "
        "usual: good, nothing explodes."
    )


def ends(values: Floats) -> tuple[float, float]:
    """Return the medians of the first and the last tenth, three values at least."""
    few = max(min(3, len(values)), len(values) // 10)
    return float(np.median(values[:few])), float(np.median(values[-few:]))


def _steps(reach: float, end: int) -> str:
    if round(reach) >= end:
        return f"back to the first of {number(end + 1, 6)} steps"
    return f"{number(round(reach), 5)} steps back"


def _percent(share: float) -> str:
    return f"{max(1, round(100 * share))} %"
