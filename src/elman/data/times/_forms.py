"""The forms in which people write days, weeks, months and quarters, with clocks."""

from __future__ import annotations

import re
from dataclasses import dataclass

# fmt: off
MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec",
)
# fmt: on
_NAME = (
    r"(?P<b>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<y>\d{4})"
_SHORT = r"'?(?P<yy>\d{2})"
_EITHER = r"(?:(?P<y>\d{4})|'?(?P<yy>\d{2}))"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_MONTH = r"(?P<m>\d{1,2})"
_GAP = r"[-/ .,_]*"

_CLOCK = (
    r"(?:[T ,;_]+|:| at )(?:"
    r"(?P<H>\d{1,2})(?:[:.h](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,:](?P<f>\d{1,9}))?)?)?"
    r" ?(?P<ap>[ap]\.?m\.?)?"
    r"|(?P<H2>\d{2})(?P<M2>\d{2})(?P<S2>\d{2}(?:[.,](?P<f2>\d{1,9}))?)?)"
)
_ZONE = (
    r"(?: ?(?P<z>z|utc|gmt))?(?: ?(?P<off>[+-]\d{2}(?::?\d{2})?))?"
    r"(?: ?\[[^\]]+\])?(?: ?\(?(?P<abbr>[a-z]{3,5})\)?)?"
)
CLOCK_ALONE = r"(?i)^" + _CLOCK.replace(r"(?:[T ,;_]+|:| at )", "", 1) + "$"
CLOCK_ALONE = CLOCK_ALONE.replace(r"\d", "[0-9]")


@dataclass(frozen=True)
class Form:
    """One way of writing times.

    Attributes
    ----------
    pattern : str
        A regular expression for a whole value. Its groups: y and yy the year,
        m and b the month, d the day, w and u the ISO week and its day, j the
        day of the year, q the quarter, h the half; a and e two numbers of
        which one is the day, c a third of a year of two digits; then the
        clock and the zone.
    groups : frozenset of str
        Their names.
    dotted : bool
        Whether dots stand between numbers, where the day comes first.
    """

    pattern: str
    groups: frozenset[str]
    dotted: bool = False


def _form(day: str, *, clock: bool = True, dotted: bool = False) -> Form:
    pattern = r"(?i)^" + day + (f"(?:{_CLOCK}{_ZONE})?" if clock else "") + "$"
    # Digits of other scripts are no numbers to a cast.
    pattern = pattern.replace(r"\d", "[0-9]")
    return Form(pattern, frozenset(re.compile(pattern).groupindex), dotted)


def _forms() -> tuple[Form, ...]:
    days = [_form(f"{_YEAR}{s}{_MONTH}{s}{_DAY}") for s in ("-", "/", r"\.", " ", "_")]
    days += [
        _form(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"),
        _form(rf"{_YEAR}-(?P<j>\d{{3}})"),
        _form(rf"{_YEAR}-?W(?P<w>\d{{2}})(?:-?(?P<u>[1-7]))?"),
        _form(f"{_DAY}{_GAP}{_NAME}{_GAP}{_YEAR}"),
        _form(f"{_NAME}{_GAP}{_DAY}[-/ .,]+{_YEAR}"),
        _form(f"{_YEAR}{_GAP}{_NAME}{_GAP}{_DAY}"),
        _form(f"{_DAY}{_GAP}{_NAME}{_GAP}{_SHORT}"),
        _form(f"{_NAME}[-/ .,]*{_DAY}[-/ .,]+{_SHORT}"),
    ]
    numbers = r"(?P<a>\d{1,2})SEP(?P<e>\d{1,2})SEP"
    for sep in ("/", "-", r"\.", " "):
        dotted = sep == r"\."
        head = numbers.replace("SEP", sep)
        days.append(_form(head + _YEAR, dotted=dotted))
        days.append(_form(head + r"(?P<c>\d{2})", dotted=dotted))
    periods = [
        rf"{_YEAR}[-/ ]{_MONTH}",
        rf"{_YEAR}[-/ .:]?M{_MONTH}",
        rf"{_YEAR}[.:](?P<m>\d{{2}})",
        rf"{_MONTH}[-/ .]{_YEAR}",
        rf"{_YEAR}{_GAP}{_NAME}",
        rf"{_NAME}{_GAP}{_YEAR}",
        rf"{_NAME}{_GAP}{_SHORT}",
        rf"{_YEAR}[-/ .:]?Q(?P<q>[1-4])",
        rf"Q(?P<q>[1-4])[-/ .:]*{_EITHER}",
        rf"(?P<q>[1-4])Q[-/ .:]*{_EITHER}",
        rf"{_YEAR}[-/ .:]?[HS](?P<h>[12])",
        rf"H(?P<h>[12])[-/ .:]*{_YEAR}",
    ]
    return (*days, *(_form(period, clock=False) for period in periods))


FORMS = _forms()
# Words around a time that say nothing more, and what stays of it.
TIDY = (
    (r"\s{2,}|[^\S ]", " "),
    (r"(?i)^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +", ""),
    (r"(?i) +\(?(?:mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day)?\)?$", ""),
    (r"(?i) uhr$", ""),
    (r"^(\d{4})年(\d{1,2})月(\d{1,2})日", "${1}-${2}-${3}"),
    (r"^(\d{4})年(\d{1,2})月$", "${1}-${2}"),
    # 20:00 27/02/2024
    (r"(?i)^(\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m)?),? (\d{1,4}[-/.].*)$", "${2} ${1}"),
    # Mar 1 05:00:00 UTC 2024, as the C library writes it.
    (r"(?i)^([a-z]{3} \d{1,2}) (\d{1,2}:\d{2}:\d{2})((?: [a-z]{3,5})?) (\d{4})$",
     "${1} ${4} ${2}${3}"),
)  # fmt: skip
# 2024-01-01/2024-01-07, as periods of weeks are written: its first day.
SPAN = r"^(\d{4}-\d{2}-\d{2})/\d{4}-\d{2}-\d{2}$"
