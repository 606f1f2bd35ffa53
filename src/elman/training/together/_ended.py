"""How a process ended, in words."""

from __future__ import annotations

import signal


def manner_of(code: int) -> str:
    """Return how a process ended that left a code: below 0 the signal that ended it."""
    if code >= 0:
        return f"ended with status {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
