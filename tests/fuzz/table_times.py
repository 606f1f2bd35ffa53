"""Times as files write them: each form with the steps it can tell apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Moment = dt.datetime
Form = Callable[[Moment], str]

_MONTHS = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
_EPOCH = dt.datetime(1970, 1, 1)


def _seconds(t: Moment) -> int:
    return int((t - _EPOCH) / dt.timedelta(seconds=1))


def _pattern(text: str) -> Form:
    return lambda t: t.strftime(text)


def _twelve(t: Moment) -> str:
    half = "PM" if t.hour > 11 else "AM"
    return f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}:{t:%M:%S} {half}"


TIMED: dict[str, Form] = {
    "iso": _pattern("%Y-%m-%d %H:%M:%S"),
    "iso T": _pattern("%Y-%m-%dT%H:%M:%S"),
    "iso Z": _pattern("%Y-%m-%dT%H:%M:%SZ"),
    "iso +00": _pattern("%Y-%m-%d %H:%M:%S+00"),
    "iso +00:00": _pattern("%Y-%m-%d %H:%M:%S+00:00"),
    "iso UTC": _pattern("%Y-%m-%d %H:%M:%S UTC"),
    "iso minutes": _pattern("%Y-%m-%d %H:%M"),
    "iso basic": _pattern("%Y%m%dT%H%M%S"),
    "iso fraction": _pattern("%Y-%m-%d %H:%M:%S.000"),
    "iso slashes": _pattern("%Y/%m/%d %H:%M"),
    "dots": _pattern("%Y.%m.%d %H:%M"),
    "midnight bare": lambda t: (
        f"{t:%Y-%m-%d}" + ("" if not (t.hour or t.minute) else f" {t:%H:%M:%S}")
    ),
    "german": _pattern("%d.%m.%Y %H:%M"),
    "german short": _pattern("%d.%m.%y %H:%M"),
    "british": _pattern("%d/%m/%Y %H:%M:%S"),
    "american": _pattern("%m/%d/%Y %H:%M"),
    "american 12": _twelve,
    "american short": lambda t: f"{t.month}/{t.day}/{t:%y} {t.hour}:{t:%M}",
    "compact": _pattern("%Y%m%d%H%M%S"),
    "compact minutes": _pattern("%Y%m%d%H%M"),
    "named": lambda t: f"{t.day} {_MONTHS[t.month - 1]} {t.year} {t:%H:%M}",
    "named first": lambda t: f"{_MONTHS[t.month - 1]} {t.day}, {t.year} {t:%H:%M}",
    "epoch s": lambda t: str(_seconds(t)),
    "epoch ms": lambda t: str(_seconds(t) * 10**3),
    "epoch us": lambda t: str(_seconds(t) * 10**6),
    "epoch ns": lambda t: str(_seconds(t) * 10**9),
}
"""Forms that tell minutes apart."""

DAILY: dict[str, Form] = {
    "day": _pattern("%Y-%m-%d"),
    "day compact": _pattern("%Y%m%d"),
    "day slashes": _pattern("%Y/%m/%d"),
    "day dots": _pattern("%d.%m.%Y"),
    "day dots short": _pattern("%d.%m.%y"),
    "day british": _pattern("%d/%m/%Y"),
    "day american": _pattern("%m/%d/%Y"),
    "day american short": lambda t: f"{t.month}/{t.day}/{t:%y}",
    "day named": lambda t: f"{t.day}-{_MONTHS[t.month - 1]}-{t.year}",
    "day named short": lambda t: f"{t.day:02}-{_MONTHS[t.month - 1]}-{t:%y}",
    "day named first": lambda t: f"{_MONTHS[t.month - 1]}-{t.day}-{t.year}",
    "day spelled": _pattern("%B %d, %Y"),
    "iso week": lambda t: "{}-W{:02}-{}".format(*t.isocalendar()),
    "day of year": _pattern("%Y-%j"),
}
MONTHLY: dict[str, Form] = {
    "month": _pattern("%Y-%m"),
    "month day": _pattern("%Y-%m-01"),
    "month named": lambda t: f"{t.year} {_MONTHS[t.month - 1]}",
    "month dash": lambda t: f"{t.year}-{_MONTHS[t.month - 1]}",
    "month short": lambda t: f"{_MONTHS[t.month - 1]}-{t:%y}",
    "month slash": _pattern("%m/%Y"),
    "month compact": _pattern("%Y%m"),
    "month dot": _pattern("%Y.%m"),
    "month spelled": lambda t: f"{t:%B} {t.year}",
}
QUARTERLY: dict[str, Form] = {
    "quarter": lambda t: f"{t.year}Q{(t.month + 2) // 3}",
    "quarter dash": lambda t: f"{t.year}-Q{(t.month + 2) // 3}",
    "quarter first": lambda t: f"Q{(t.month + 2) // 3} {t.year}",
    "quarter day": _pattern("%Y-%m-%d"),
}
YEARLY: dict[str, Form] = {"year": _pattern("%Y"), "year day": _pattern("%Y-01-01")}

FORMS = {**TIMED, **DAILY, **MONTHLY, **QUARTERLY, **YEARLY}

BY_STEP = {
    "15min": TIMED,
    "hour": TIMED,
    "day": {**DAILY, **TIMED},
    "week": {**DAILY, **TIMED},
    "month": {**MONTHLY, **DAILY},
    "quarter": QUARTERLY,
    "year": YEARLY,
}
"""The forms a series may be written in, by the step from row to row."""

WHOLE = (
    *(name for name in TIMED if name.startswith(("epoch", "compact"))),
    *("day compact", "month compact", "month dot", "year"),
)
"""Forms that are numbers to whoever does not know better."""

ALWAYS_READ = ("iso", "iso T", "iso Z", "iso minutes", "day", "month day", "german")
"""Forms that no reader of tables may refuse."""


def moments(start: Moment, step: str, count: int) -> list[Moment]:
    """Return the times of a regular series."""
    if step in ("month", "quarter", "year"):
        months = {"month": 1, "quarter": 3, "year": 12}[step]
        first = (
            12 * start.year
            + (0 if step == "year" else start.month - 1) // months * months
        )
        at = [first + i * months for i in range(count)]
        return [dt.datetime(m // 12, m % 12 + 1, 1) for m in at]
    width = {"15min": 15, "hour": 60, "day": 1440, "week": 10080}[step]
    return [start + i * dt.timedelta(minutes=width) for i in range(count)]
