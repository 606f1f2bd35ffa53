"""Hours at which something is open: the same on every day that counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

DAY = 86_400
_CLOCK = r"\d\d:\d\d(?::\d\d)?"
_SPAN = re.compile(rf"({_CLOCK})(?: to ({_CLOCK}))?")


@dataclass(frozen=True)
class Opening:
    """The steps of a day that count, on the days of a week that count.

    Attributes
    ----------
    every : int
        Seconds from one step to the next within a span.
    spans : tuple of tuple of int
        First and last step of each span, in seconds since midnight.
    week : str
        Seven digits from Monday on, 1 for a day that counts.
    """

    every: int
    spans: tuple[tuple[int, int], ...]
    week: str

    @property
    def slots(self) -> np.ndarray:
        """Seconds since midnight of each step of a day."""
        parts = [np.arange(a, b + 1, self.every) for a, b in self.spans]
        return np.concatenate(parts)

    @property
    def all_day(self) -> bool:
        """Whether every step of the day counts."""
        return len(self.slots) * self.every == DAY

    @property
    def step(self) -> float:
        """Seconds from one step to the next on average over weeks."""
        return 7 * DAY / (len(self.slots) * self.week.count("1"))

    @property
    def words(self) -> str:
        """The spans in words."""
        return " and ".join(
            _clock(a) if a == b else f"{_clock(a)} to {_clock(b)}"
            for a, b in self.spans
        )

    @classmethod
    def of_slots(cls, slots: np.ndarray, every: int, week: str) -> Opening:
        """Return the opening with these steps of a day, rising."""
        breaks = np.flatnonzero(np.diff(slots) != every)
        starts = np.concatenate([[0], breaks + 1])
        ends = np.concatenate([breaks, [len(slots) - 1]])
        spans = tuple(
            (int(slots[a]), int(slots[b])) for a, b in zip(starts, ends, strict=True)
        )
        return cls(every, spans, week)

    @classmethod
    def from_words(cls, words: str, every: int, week: str) -> Opening | None:
        """Return what `words` says, all of the day if it says nothing; or None."""
        if not words:
            return cls(every, ((0, DAY - every),), week)
        spans = []
        for part in words.split(" and "):
            found = _SPAN.fullmatch(part)
            if found is None:
                return None
            first = _seconds(found[1])
            spans.append((first, _seconds(found[2] or found[1])))
        return cls(every, tuple(spans), week)

    def units(self, stamps: np.ndarray) -> np.ndarray | None:
        """Return how many steps each time lies after the first; None if one is off."""
        days = stamps.astype("M8[D]")
        clock = (stamps - days).astype("m8[s]").astype(np.int64)
        slots = self.slots
        slot = np.searchsorted(slots, clock)
        inside = slots[np.minimum(slot, len(slots) - 1)] == clock
        on = np.array([digit == "1" for digit in self.week])
        if not inside.all() or not on[(days.astype(np.int64) + 3) % 7].all():
            return None
        passed = np.busday_count(days[0], days, weekmask=self.week)
        return np.asarray(passed * len(slots) + slot - slot[0])

    def place(self, first: np.datetime64, units: np.ndarray) -> np.ndarray:
        """Return the times so many steps after the first."""
        slots, day = self.slots, first.astype("M8[D]")
        clock = int((first - day).astype("m8[s]").astype(np.int64))
        total = units + int(np.searchsorted(slots, clock))
        days = np.busday_offset(day, total // len(slots), weekmask=self.week)
        seconds = slots[total % len(slots)]
        return np.asarray(days.astype("M8[s]") + seconds.astype("m8[s]"))


def _clock(seconds: int) -> str:
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return text if seconds % 60 == 0 else f"{text}:{seconds % 60:02d}"


def _seconds(clock: str) -> int:
    hour, minute, second = ([*map(int, clock.split(":")), 0])[:3]
    return 3600 * hour + 60 * minute + second
