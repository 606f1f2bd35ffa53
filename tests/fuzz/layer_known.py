"""What Elman's layers are documented not to do, with the words they say so in."""

from __future__ import annotations

import re

from fuzz.layer_problem import Draw

KNOWN: tuple[tuple[str, str, str], ...] = (
    # (drivers, the message, why)
)


def allowed(given: Draw, error: Exception) -> bool:
    """Say whether a refusal is a documented one."""
    where = "+".join((*given.contexts, given.driver))
    return any(
        re.search(drivers, where) and re.search(words, str(error))
        for drivers, words, _ in KNOWN
    )
