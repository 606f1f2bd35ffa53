"""What Elman's layers are documented not to do, with the words they say so in."""

from __future__ import annotations

import re

from fuzz.layer_problem import Draw

KNOWN: tuple[tuple[str, str, str], ...] = (
    # (dtype, form, "own" of what torch has not, contexts and driver; message; why)
    (
        "(bfloat16|lengths|own).*jit_trace",
        "Graphs differed across invocations",
        "in half precision, and of what torch's layers do not have, the tracer's own"
        " comparison of two traces may fail; the trace is right: check_trace=False",
    ),
    (
        "dual_level.*jit_trace",
        "Expected a value of type 'Tensor'",
        "plain operations inside a level of dual numbers cannot be traced",
    ),
    (
        "function_mode.*checkpoint",
        "have different metadata|different number of tensors was saved",
        "a function mode that is active in forward alone: torch's operator runs there,"
        " and the core where the checkpoint computes again",
    ),
    (
        "jvp|dual",
        "has_fw_view.*INTERNAL ASSERT FAILED",
        "torch's own fault with views that are still to be negated",
    ),
)


def allowed(given: Draw, error: Exception) -> bool:
    """Say whether a refusal is a documented one."""
    own = "own" if given.extras else ""
    around = "+".join((*given.contexts, given.driver))
    where = f"{given.dtype} {given.form} {own} {around}"
    return any(
        re.search(drivers, where) and re.search(words, str(error))
        for drivers, words, _ in KNOWN
    )
