"""The gradient flow of a fit, recorded while it trains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from elman.diagnosis import FlowRecorder
from elman.training import Callback, TensorBoard

EVERY = 20
"""One step in so many is followed: a followed one takes up to a quarter longer.

``benchmarks/flow_overhead.py`` measures it.
"""

KEEP = 128
"""Records kept: more than a picture can show side by side."""

_DIGITS = 4


def watch_flow(
    callbacks: Sequence[Any], *, warn: bool = True
) -> tuple[FlowRecorder, list[Callback]]:
    """Return the recorder of a run, and its callbacks with the recorder first.

    A `FlowRecorder` among the callbacks is used as it is, so that its owner decides
    how often it looks and whether it warns; else there is one of our own. A
    `TensorBoard` without a flow gets this one.

    Parameters
    ----------
    callbacks : sequence of Callback
        The user's.
    warn : bool
        Whether one of our own warns when the flow gives way.
    """
    given = [c for c in callbacks if isinstance(c, FlowRecorder)]
    recorder: Any = (
        given[0] if given else FlowRecorder(every=EVERY, keep=KEEP, warn=warn)
    )
    for callback in callbacks:
        if isinstance(callback, TensorBoard) and callback.flow is None:
            callback.flow = recorder
    return recorder, [recorder, *(c for c in callbacks if c is not recorder)]


def flow_report(recorder: FlowRecorder, needed: int | None) -> dict[str, Any] | None:
    """Return the record as plain data for the results, four digits each.

    Parameters
    ----------
    recorder : FlowRecorder
    needed : int or None
        Steps the data need.

    Returns
    -------
    dict or None
        As `FlowRecorder.to_dict`, and ``needed``; None if no step was recorded.
    """
    found = recorder.to_dict()
    if not found["steps"]:
        return None
    for layer in found["layers"]:
        layer["norm"] = [[_short(v) for v in row] for row in layer["norm"]]
    return {**found, "needed": needed}


def _short(value: float | None) -> float | None:
    if value is None or value == 0:
        return value
    return round(value, _DIGITS - 1 - math.floor(math.log10(abs(value))))
