"""Results as plain data."""

from __future__ import annotations

import math
from typing import Any


def plain(value: Any) -> Any:
    """Return data for JSON: what is not a finite number is None."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
