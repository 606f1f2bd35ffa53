"""What the pictures of a layer's memory say, in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from elman.report._numbers import number
from elman.report._values import Floats, finite, floats

_SURE = 2.0  # standard errors


def scales_finding(
    name: str,
    before: Floats,
    after: Floats,
    needed: float | None,
    enough: float | None,
    verdict: str,
    modes: bool = False,
) -> str:
    """Return whether units hold on for as long as the data need.

    Parameters
    ----------
    name, before, after, needed, enough
        Of the layer and its units.
    verdict : str
        On the gradient flow as a whole: units remember together what none does by its
        own gate, and what gates keep may be lost otherwise. It decides what is good.
    modes : bool
        Whether the time constants are those of modes, which all units make up.
    """
    each = "modes" if modes else "units"
    now = after if len(after) else before
    middle, slowest = now[len(now) // 2], now[-1]
    spread = (
        f"half of the {each} of {name} forget within {number(middle, 2)} steps, the "
        f"slowest within {number(slowest, 2)}"
    )
    if needed is None or enough is None:
        return f"{spread[0].upper()}{spread[1:]}."
    share = float((now >= enough).mean())
    wanted = f"{number(enough, 2)} are wanted for a need of {number(needed, 4)}"
    capital = f"{spread[0].upper()}{spread[1:]}"
    if share == 0:
        if verdict == "vanishing":
            return f"Bad: {spread}; {wanted}, and no {each[:-1]} has them."
        if modes:
            return f"{capital}; {wanted}, and no mode has them."
        text = f"{capital}. A gate alone would take {number(enough, 2)} for a need of "
        text += f"{number(needed, 4)}, and no unit has them"
        if verdict == "healthy":
            text += ": here the units pass on to each other what has to last, and the "
            return text + "gradient reaches as far as it is needed."
        return text + "."
    have = f"{wanted}, and {_percent(share)} of the {each} have them"
    if len(after) and len(before):
        was = float((before >= enough).mean())
        have += f", {_percent(was) if was else 'none'} before the remedy"
    if verdict == "healthy":
        return f"Good: {spread}; {have}."
    if verdict == "vanishing":
        have += "; the gradient falls short all the same, so it is not lost by them"
    return f"{capital}; {have}."


def spectrum_finding(
    name: str, exponent: Mapping[str, Any], needed: float | None, verdict: str
) -> str:
    """Return what the leading Lyapunov exponent says about memory and chaos.

    Parameters
    ----------
    name, exponent, needed
        Of the layer.
    verdict : str
        As for `scales_finding`.
    """
    rates, errors = floats(exponent.get("exponents")), floats(exponent.get("errors"))
    rate = finite(float(rates[0])) if len(rates) else None
    if rate is None:
        return f"{name}: the steps were too few for a rate over many of them."
    error = finite(float(errors[0])) if len(errors) else None
    error = error or 0.0
    factor = math.exp(min(rate, 50.0))
    lead = f"over many steps {name} multiplies a gradient by {factor:.3f} a step"
    capital = f"{lead[0].upper()}{lead[1:]}"
    if rate > _SURE * error and rate > 0.005:
        chaos = "in its strongest direction: it grows, the state is chaotic"
        if verdict == "healthy":
            return f"{capital}, {chaos}; over the steps needed it does not explode yet."
        if not verdict:
            return f"{capital}, {chaos}."
        return f"Bad: {lead}, {chaos}."
    reach = math.log(1e3) / -rate if rate < 0 else math.inf
    if math.isfinite(reach) and reach < 1e5:
        lasts = f"a thousandth is left after about {number(reach, 2)} steps"
    else:
        lasts = "it neither fades nor grows"
    if needed is None:
        return f"{capital}; {lasts}."
    need = f"{lasts}, and the data need {number(needed, 4)}"
    if verdict == ("healthy" if reach >= needed else "vanishing"):
        return f"{'Good' if reach >= needed else 'Bad'}: {lead}; {need}."
    if not verdict:
        return f"{capital}; {need}."
    return f"{capital}; {need}: a rate alone, which the verdict does not rest on."


def _percent(share: float) -> str:
    return f"{max(1, round(100 * share))} %"
