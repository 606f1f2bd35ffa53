"""Results as plain data, which every floor may have to write down."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return a value as JSON has it, all the way down.

    Arrays and tuples become lists, times become text, NumPy's numbers Python's, names
    text, and a number that is not finite None.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "M":
            return [short_time(one) for one in value]
        return plain(value.tolist())
    if isinstance(value, np.datetime64):
        return short_time(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def short_time(time: Any) -> str:
    """Return a time stamp without the seconds nobody gave, or a row number."""
    text = str(time)
    return text.removesuffix(":00").replace("T00:00", "").replace("T", " ")


def visible(text: str) -> str:
    """Return a text on one line, with � where no sign is: control characters."""
    return "".join(
        one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in text
    )
