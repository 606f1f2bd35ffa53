"""How far one step of a series is from the next, and where so many steps lead."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ._opening import DAY as DAY
from ._opening import Opening
from ._rates import place_at_rate, steps_at_rate

_MEAN_MONTH = 2_629_746  # Seconds: a twelfth of the mean Gregorian year.
BUSINESS = "1111100"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LOCAL = " of local time"
_RATE = " times a second"
_NAMES = {
    ("seconds", 1): "every second",
    ("seconds", 60): "every minute",
    ("seconds", 3600): "hourly",
    ("seconds", DAY): "daily",
    ("seconds", 7 * DAY): "weekly",
    ("months", 1): "monthly",
    ("months", 3): "quarterly",
    ("months", 12): "yearly",
    ("counts", 1): "one row a step",
}
_SPANS = {
    "years": ("months", 12, 1),
    "months": ("months", 1, 1),
    "weeks": ("seconds", 7 * DAY, 1),
    "days": ("seconds", DAY, 1),
    "hours": ("seconds", 3600, 1),
    "minutes": ("seconds", 60, 1),
    "seconds": ("seconds", 1, 1),
    "milliseconds": ("seconds", 1, 1000),
    "microseconds": ("seconds", 1, 10**6),
}
_EVERY = "1111111"
_OPEN = re.compile(
    r"(?P<every>hourly|every minute|every second|every \d+ \w+)"
    r"(?:, (?P<hours>\d\d:[^,]*?))?(?: (?P<week>on .+))?"
)
UNITS = {1: "s", 1000: "ms", 10**6: "us"}


@dataclass(frozen=True)
class Spacing:
    """The distance between two elements of a time axis.

    Attributes
    ----------
    unit : {"seconds", "months", "counts", "weekdays", "open", "rate"}
        What the stride counts; of a rate, steps of which a second has ``per``.
    stride : int
        How many units, or parts of one.
    per : int
        Parts of a unit: a stride of 200 with 1000 parts is 0.2 units.
    week : str
        For weekdays: seven digits from Monday on, 1 for a day that counts.
    local : bool
        Whether the steps are even on local clocks only, which are put
        forward and back in a year.
    opening : Opening, optional
        For steps of some hours of a day: which.
    """

    unit: str
    stride: int
    per: int = 1
    week: str = ""
    local: bool = False
    opening: Opening | None = None

    @property
    def step(self) -> float:
        """Seconds from one element to the next, on average; 1 for counts."""
        if self.unit == "counts":
            return 1
        if self.opening is not None:
            return self.opening.step * self.stride
        if self.unit == "rate":
            return self.stride / self.per
        if self.unit == "weekdays":
            return DAY * 7 * self.stride / self.week.count("1")
        scale = _MEAN_MONTH if self.unit == "months" else 1
        exact = divmod(scale * self.stride, self.per)
        return exact[0] if not exact[1] else scale * self.stride / self.per

    @property
    def clock(self) -> float:
        """Seconds from one element to the next on the same day."""
        return self.step if self.opening is None else self.opening.every

    @property
    def day(self) -> int | None:
        """How many steps a day has, where they are some hours of it."""
        return None if self.opening is None else len(self.opening.slots)

    @property
    def name(self) -> str:
        """The spacing in words."""
        return self._plain_name + (_LOCAL if self.local else "")

    @property
    def _plain_name(self) -> str:
        if self.unit == "weekdays":
            return week_in_words(self.week)
        if self.opening is not None:
            name = Spacing("seconds", self.opening.every)._plain_name
            hours = "" if self.opening.all_day else f", {self.opening.words}"
            week = self.opening.week
            return f"{name}{hours}" + (
                "" if week == _EVERY else " " + week_in_words(week)
            )
        if self.unit == "rate":
            return f"{self.per}{_RATE}"
        whole, rest = divmod(self.stride, self.per)
        if self.unit == "counts":
            if not rest:
                return _NAMES.get(("counts", whole), f"every {whole} counts")
            return f"every {self.stride / self.per:.12g} counts"
        if rest:
            word = "milliseconds" if self.per == 1000 else "microseconds"
            return f"every {self.stride} {word}"
        known = _NAMES.get((self.unit, whole))
        if known is not None:
            return known
        for word, (unit, size, _) in _SPANS.items():
            if unit == self.unit and whole % size == 0:
                return f"every {whole // size} {word}"
        raise ValueError(self.unit)

    @classmethod
    def named(cls, name: str) -> Spacing | None:
        """Return the spacing that has this name, or None."""
        plain = name.removesuffix(_LOCAL)
        local = plain != name
        for (unit, stride), known in _NAMES.items():
            if known == plain:
                return cls(unit, stride, local=local)
        week = week_named(plain)
        if week is not None:
            return cls("weekdays", 1, week=week)
        rate = plain.removesuffix(_RATE)
        if rate != plain and rate.isdecimal() and int(rate):
            return cls("rate", 1, int(rate))
        opened = _OPEN.fullmatch(plain)
        if opened is not None and (opened["hours"] or opened["week"]):
            return cls._opened(opened, local)
        found = re.fullmatch(r"every (\d+)(?:\.(\d+))? (\w+)", plain)
        if found is None:
            return None
        digits, decimals, word = found[1], found[2] or "", found[3]
        if word == "counts":
            return cls("counts", int(digits + decimals), 10 ** len(decimals))
        if word not in _SPANS or decimals:
            return None
        unit, size, per = _SPANS[word]
        return cls(unit, int(digits) * size, per, local=local)

    @classmethod
    def _opened(cls, found: re.Match[str], local: bool) -> Spacing | None:
        every = cls.named(found["every"])
        week = week_named(found["week"]) if found["week"] else _EVERY
        if every is None or every.unit != "seconds" or every.per != 1 or week is None:
            return None
        opening = Opening.from_words(found["hours"] or "", every.stride, week)
        if opening is None:
            return None
        return cls("open", 1, local=local, opening=opening)

    def units(self, stamps: np.ndarray) -> np.ndarray | None:
        """Return how many parts of a unit each time lies after the first.

        None if the times are not of this kind: off the months' day, or on a
        weekday that does not count.
        """
        if self.unit == "counts" or self.unit == "seconds":
            return np.asarray((stamps - stamps[0]).astype(np.int64))
        if self.unit == "months":
            return whole_months(stamps)
        if self.opening is not None:
            return self.opening.units(stamps)
        if self.unit == "rate":
            return steps_at_rate(stamps, self.per)
        days = stamps.astype("M8[D]")
        on = np.isin(_weekday(days), [i for i in range(7) if self.week[i] == "1"])
        if not on.all() or not (stamps - days == stamps[0] - days[0]).all():
            return None
        return np.asarray(np.busday_count(days[0], days, weekmask=self.week))


def week_in_words(week: str) -> str:
    """Return "on business days", or which days of a week count."""
    if week == BUSINESS:
        return "on business days"
    chosen = (day for day, on in zip(_DAYS, week, strict=True) if on == "1")
    return "on " + ", ".join(chosen)


def week_named(words: str) -> str | None:
    """Return the days that `week_in_words` says, or None."""
    if words == "on business days":
        return BUSINESS
    days = words.removeprefix("on ").split(", ")
    if not words.startswith("on ") or not set(days) <= set(_DAYS):
        return None
    return "".join(str(int(day in days)) for day in _DAYS)


def place_units(stamps: np.ndarray, units: np.ndarray, spacing: Spacing) -> np.ndarray:
    """Return the times `units` parts of a unit after the first of `stamps`."""
    first = stamps[0]
    if spacing.unit == "counts":
        if spacing.per == 1:
            return np.asarray(first + units)
        # Sums of whole parts: no rounding error piles up along the axis.
        base = round(float(first) * spacing.per)
        return np.asarray((base + units) / spacing.per)
    if spacing.unit == "seconds":
        return np.asarray(first + units.astype(f"m8[{UNITS[spacing.per]}]"))
    if spacing.unit == "rate":
        return place_at_rate(first, units, spacing.per)
    if spacing.opening is not None:
        return spacing.opening.place(first, units)
    day = first.astype("M8[D]")
    clock = first - day
    if spacing.unit == "weekdays":
        return np.asarray(np.busday_offset(day, units, weekmask=spacing.week) + clock)
    months = first.astype("M8[M]") + units.astype("m8[M]")
    within = np.minimum(_day_of_month(stamps), _month_length(months))
    return np.asarray(months.astype("M8[D]") + (within - 1) + clock)


def whole_months(stamps: np.ndarray) -> np.ndarray | None:
    """Return months since the first time if all fall on the same day of a month.

    The last day of a month, or the 31st cut to a month's length, is the same
    day whatever its number.
    """
    if len(stamps) > 1 and (np.diff(stamps) < np.timedelta64(28, "D")).any():
        return None
    days, months = stamps.astype("M8[D]"), stamps.astype("M8[M]")
    clock = stamps - days
    within = (days - months.astype("M8[D]")).astype(np.int64) + 1
    expected = np.minimum(_day_of_month(stamps), _month_length(months))
    if (clock != clock[0]).any() or (within != expected).any():
        return None
    return np.asarray((months - months[0]).astype(np.int64))


def _day_of_month(stamps: np.ndarray) -> int:
    """Return the day that all times fall on, 31 where it is the month's last."""
    days, months = stamps.astype("M8[D]"), stamps.astype("M8[M]")
    within = (days - months.astype("M8[D]")).astype(np.int64) + 1
    if (within == _month_length(months)).all():
        return 31
    return int(within.max())


def _month_length(months: np.ndarray) -> np.ndarray:
    length = (months + 1).astype("M8[D]") - months.astype("M8[D]")
    return np.asarray(length.astype(np.int64))


def _weekday(days: np.ndarray) -> np.ndarray:
    """Return 0 for Monday to 6 for Sunday."""
    return np.asarray((days.astype(np.int64) + 3) % 7)
