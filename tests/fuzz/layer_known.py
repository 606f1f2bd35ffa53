"""What Elman's layers are documented not to do, with the words they say so in."""

from __future__ import annotations

import re

from fuzz.layer_problem import Draw

KNOWN: tuple[tuple[str, str, str], ...] = (
    # (drivers, the message, why)
    (
        "bfloat16 .*jit_trace",
        "Tracing failed sanity checks",
        "in half precision the tracer's own comparison of two traces fails, the trace"
        " itself is right: check_trace=False",
    ),
)


def allowed(given: Draw, error: Exception) -> bool:
    """Say whether a refusal is a documented one."""
    where = f"{given.dtype} {'+'.join((*given.contexts, given.driver))}"
    return any(
        re.search(drivers, where) and re.search(words, str(error))
        for drivers, words, _ in KNOWN
    )
