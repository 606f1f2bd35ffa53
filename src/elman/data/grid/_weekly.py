"""Series that leave out the same weekdays, or the same hours of the day."""

from __future__ import annotations

import numpy as np

from ._opening import Opening
from ._spacing import BUSINESS, DAY, Spacing

# Weeks that an absent weekday must have had, and the share of the others there.
_BUSINESS_WEEKS, _BUSINESS_SHARE = 2, 0.6
_OTHER_WEEKS, _OTHER_SHARE = 4, 0.8
_RARE_DAY = 0.4
# Days that an absent hour must have had, and into how many spans hours may fall.
_HOUR_DAYS, _MOST_SPANS = 8, 3


def weekdays_of(days: np.ndarray) -> str | None:
    """Return which weekdays a series of days has, None if it leaves none out for sure.

    Parameters
    ----------
    days : numpy.ndarray
        (rows,), datetime64[D], rising, each once.
    """
    present = np.bincount((days.astype(np.int64) + 3) % 7, minlength=7)
    week = "".join("1" if count else "0" for count in present)
    if week.count("1") < 2 or week == "1111111":
        return None
    weeks, share = _OTHER_WEEKS, _OTHER_SHARE
    if week == BUSINESS:
        weeks, share = _BUSINESS_WEEKS, _BUSINESS_SHARE
    there = int(np.busday_count(days[0], days[-1], weekmask=week)) + 1
    absent = "".join("0" if on == "1" else "1" for on in week)
    left_out = int(np.busday_count(days[0], days[-1], weekmask=absent))
    spans = (days[-1] - days[0]).astype(np.int64) / 7
    # A day that came once is no day of the week that counts.
    if (present[present > 0] < _RARE_DAY * spans).any():
        return None
    if left_out < weeks * absent.count("1") or len(days) < share * there:
        return None
    return week


def note_on(week: str) -> str:
    """Return what a series that lies on these weekdays is told."""
    if week == BUSINESS:
        return "no row lies on a Saturday or Sunday, so that a step is a business day"
    name = Spacing("weekdays", 1, week=week).name
    return f"no row lies on another weekday, so that a step is a day {name}"


def opening_of(stamps: np.ndarray, every: int) -> tuple[Opening, str] | None:
    """Return the hours and weekdays that the rows of a series keep to, and a note.

    Parameters
    ----------
    stamps : numpy.ndarray
        (rows,), datetime64[s], rising, all on one even grid.
    every : int
        Seconds from one step of that grid to the next.

    Returns
    -------
    tuple or None
        None where the rows leave out no hour or weekday as a rule.
    """
    if DAY % every or every >= DAY:
        return None
    days = stamps.astype("M8[D]")
    each = np.unique(days)
    if len(each) < _HOUR_DAYS:
        return None
    week = weekdays_of(each) or "1111111"
    clock = (stamps - days).astype("m8[s]").astype(np.int64)
    slots, seen = np.unique(clock, return_counts=True)
    opening = Opening.of_slots(slots, every, week)
    if opening.all_day and week == "1111111":
        return None
    # Where much is missing, an hour may be absent by chance; one that is rare is none.
    rare = (seen < _RARE_DAY * len(each)).any()
    units = opening.units(stamps)
    steps = 0 if units is None else int(units[-1]) + 1
    wanted = _OTHER_SHARE * steps
    if (
        units is None
        or rare
        or len(opening.spans) > _MOST_SPANS
        or len(stamps) < wanted
    ):
        return None
    hours = "" if opening.all_day else f"outside {opening.words}"
    off = "" if week == "1111111" else "on another weekday"
    if week == BUSINESS:
        off = "on a Saturday or Sunday"
    where = " or ".join(part for part in (off, hours) if part)
    return opening, f"no row lies {where}, so that those times are no steps"
