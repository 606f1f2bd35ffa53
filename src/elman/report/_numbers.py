"""Numbers as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ._values import finite

DASH = "–"
# Not strftime: its names follow the process's locale.
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def number(value: Any, digits: int = 3) -> str:
    """Return about `digits` significant digits, with a comma between thousands."""
    known = finite(value)
    if known is None:
        return DASH
    if known == 0:
        return "0"
    size = math.floor(math.log10(abs(known)))
    if not -4 <= size < 15:
        return f"{known:.{digits - 1}e}".replace("-", "−")
    places = max(0, digits - 1 - size)
    if known == int(known):
        places = 0
    return f"{known:,.{places}f}".replace("-", "−")


def places(values: Iterable[Any], digits: int = 3) -> int:
    """Return the decimals that show `digits` figures of a column's smallest value."""
    sizes = [abs(v) for v in map(finite, values) if v]
    if not sizes:
        return 0
    return min(6, max(0, digits - 1 - math.floor(math.log10(min(sizes)))))


def fixed(value: Any, decimals: int) -> str:
    """Return a number with a fixed count of decimals, so that columns line up."""
    known = finite(value)
    if known is None:
        return DASH
    return f"{known:,.{decimals}f}".replace("-", "−")


def percent(value: Any) -> str:
    """Return a share of one as per cent: 0.9 is ``90 %``."""
    known = finite(value)
    return DASH if known is None else f"{number(100 * known)} %"


def duration(seconds: Any) -> str:
    """Return a time a person would say: ``41 s``, ``3 min 05 s``, ``1 h 12 min``."""
    known = finite(seconds)
    if known is None:
        return DASH
    if known < 10:
        return f"{known:.1f} s"
    whole = round(known)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def moment(value: Any) -> str:
    """Return a time stamp for reading: ``Fri 30 Dec 2011, 14:00``; others as text."""
    if not isinstance(value, str):
        return number(value, 6) if finite(value) is not None else DASH
    try:
        stamp = datetime.fromisoformat(value)
    except ValueError:
        return value
    day = DAYS[stamp.weekday()]
    month = MONTHS[stamp.month - 1]
    text = f"{day} {stamp.day} {month} {stamp.year}"
    midnight = len(value) <= 10
    return text if midnight else f"{text}, {stamp:%H:%M}"
