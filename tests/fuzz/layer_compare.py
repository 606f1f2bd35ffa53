"""Run a draw on what is right and on Elman, and say how they differ."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

import torch
from torch import Tensor

from fuzz.layer_contexts import CONTEXTS
from fuzz.layer_drivers import DRIVERS, eager
from fuzz.layer_known import allowed
from fuzz.layer_problem import Draw, Problem, draw, pair
from tolerance import tolerance

WEIGHTS = {name: weight for name, (_, weight) in DRIVERS.items()}


def drawn(seed: int) -> Draw:
    """Return the draw of a seed."""
    return draw(seed, WEIGHTS, tuple(CONTEXTS))


def check(given: Draw) -> str | None:
    """Return how Elman differs from what is right, or None."""
    right, ours = pair(given)
    expected = _outcome(right)
    actual = _outcome(ours)
    if isinstance(actual, Exception):
        if isinstance(expected, Exception) or allowed(given, actual):
            return None
        return f"raises {type(actual).__name__}: {str(actual)[:200]}"
    if isinstance(expected, Exception):
        # What torch.nn cannot do there is compared with what it does without, unless
        # masks are drawn: transforms draw them in other ways.
        expected = {} if given.random else _eagerly(given)
        actual = {k: v for k, v in actual.items() if k in expected}
        expected = {k: v for k, v in expected.items() if k in actual}
    return _difference(given, actual, expected)


def _outcome(p: Problem) -> dict[str, Any] | Exception:
    driver = DRIVERS[p.draw.driver][0]
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore")
        torch.manual_seed(p.draw.seed)
        try:
            for name in p.draw.contexts:
                stack.enter_context(CONTEXTS[name]())
            return _plainly(driver(p))
        except Exception as error:  # whatever a user would meet
            return error


def _eagerly(given: Draw) -> dict[str, Any]:
    if given.driver in ("twice", "hooked", "parametrized", "pruned", "edited"):
        return {}
    if given.driver in ("flat_weights", "jit_trace", "in_place", "in_place_relu"):
        return {}
    if (
        given.driver.startswith(("make_fx", "export", "fx"))
        or "autocast" in given.contexts
    ):
        return {}
    torch.manual_seed(given.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _plainly(eager(pair(given)[0]))


def _plainly(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the same with numbers copied out of whatever holds them."""
    return {
        k: v.detach().clone()
        if isinstance(v, Tensor) and type(v) is not Tensor
        else v.detach()
        if isinstance(v, Tensor)
        else v
        for k, v in seen.items()
    }


def _difference(
    given: Draw, actual: dict[str, Any], expected: dict[str, Any]
) -> str | None:
    if actual.keys() != expected.keys():
        return f"returns {sorted(actual)}, expected {sorted(expected)}"
    for name, e in expected.items():
        a = actual[name]
        if isinstance(e, str):  # torch's layer lost the subclass on the way
            continue
        if not isinstance(e, Tensor) or not isinstance(a, Tensor):
            if (a is None) != (e is None) and not _both_zero(a, e):
                return f"{name}: {a!r:.80}, expected {e!r:.80}"
            if not isinstance(e, Tensor) and a is not None and a != e:
                return f"{name}: {a!r:.80}, expected {e!r:.80}"
            continue
        if type(a) is not type(e):
            return f"{name}: a {type(a).__name__}, expected a {type(e).__name__}"
        # torch's dtype under autocast depends on the processor and on who looks on.
        same = a.dtype == e.dtype or "autocast" in given.contexts
        if a.shape != e.shape or not same:
            return f"{name}: {a.shape} {a.dtype}, expected {e.shape} {e.dtype}"
        difference = _numbers(given, a, e)
        if difference:
            return f"{name}: {difference}"
    return None


def _both_zero(a: Any, e: Any) -> bool:
    """Say whether no gradient meets a gradient of zeros."""
    return all(v is None or (isinstance(v, Tensor) and not v.any()) for v in (a, e))


def _numbers(given: Draw, a: Tensor, e: Tensor) -> str | None:
    if not a.numel():
        return None
    a, e = a.resolve_neg().double(), e.resolve_neg().double()
    T, B, I, H = given.sizes
    low = "autocast" in given.contexts
    dtype = torch.bfloat16 if low else getattr(torch, given.dtype)
    # A derivative of a derivative sums what is a sum already.
    summands = 16 * max(I + 4 * H, T * B)
    scale = max(1.0, float(e.abs().nan_to_num().max()))
    limit = tolerance(dtype, summands, T, scale)
    if not torch.equal(a.isnan(), e.isnan()):
        return "NaN at other places"
    worst = float((a - e).abs().nan_to_num().max())
    return (
        None if worst <= limit else f"off by {worst:.3g}, rounding explains {limit:.3g}"
    )
