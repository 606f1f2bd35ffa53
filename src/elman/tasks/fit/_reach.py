"""How far the gradients of a network about to be trained reach, for who asks.

Who chooses among many fits, as a search does, hears of each before it is trained what a
diagnosis says of it, and may end the one that cannot learn what is asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from elman.diagnosis import Diagnosis, Need
from elman.training import digest_of

from ._start import Start

SHARE = 0.5
"""Of what the data need: a network that reaches less is looked at twice.

A horizon is where a thousandth of the gradient arrives: at twice as many steps it is a
millionth, ten of float32's roundings.
"""

PRACTICE = 128
"""Training steps on a copy; after half of them, and all, it is measured again."""

_TAKEN = PRACTICE + PRACTICE // 2
# Of the stored runs over long dependencies that reach less than half, eight of 21 are
# hopeless: looking twice pays where it costs less than that share of what follows.
_WORTH = 4


class Hopeless(Exception):  # noqa: N818 - an event, not an error
    """The gradients do not reach what the data need, nor does training lengthen them.

    Parameters
    ----------
    reach : Reach
    """

    def __init__(self, reach: Reach) -> None:
        super().__init__(f"hopeless: {reach.words()}")
        self.reach = reach


@dataclass(frozen=True)
class Reach:
    """How far gradients reach, beside what the data need.

    Attributes
    ----------
    steps : float
        At the start of the training.
    needed : int
        As measured of the data, the lower end where there is an interval.
    practised : tuple of (int, float)
        Training steps on a copy, and how far they reach then.
    """

    steps: float
    needed: int
    practised: tuple[tuple[int, float], ...] = ()

    @property
    def short(self) -> bool:
        """Whether they reach less than is needed."""
        return self.steps < self.needed

    def words(self) -> str:
        """Return it in a few words."""
        said = f"gradients reach {self.steps:.0f} of {self.needed} steps"
        later = ", ".join(f"{steps:.0f} after {n}" for n, steps in self.practised)
        return f"{said}, {later} training steps" if later else said

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        later = [list(one) for one in self.practised]
        return {"steps": self.steps, "needed": self.needed, "practised": later}


@dataclass
class Judge:
    """Hears how far the gradients of a fit reach, before it is trained.

    Parameters
    ----------
    ends : bool
        Whether a fit that is hopeless ends there, with `Hopeless`.
    fits : int
        Such fits that would follow.
    needs : mapping
        What was measured of the same data before, by their digest.

    Attributes
    ----------
    reach : Reach or None
        None: nothing was measured, or it falls short of what may be needed, and the
        data do not tell whether it is.
    """

    ends: bool = False
    fits: int = 1
    needs: MutableMapping[str, Need] = field(default_factory=dict)
    reach: Reach | None = None

    def hear(self, start: Start, need: Need | None = None) -> None:
        """Hear where training starts.

        Parameters
        ----------
        start : Start
        need : Need or None
            What the data need, if it is less sure than what the start was chosen by.
        """
        seen = start.after or start.before
        if seen is None or not math.isfinite(seen.horizon):
            return
        needed = seen.needed
        if seen.horizon < needed and need is not None:
            if not need.found:
                return
            needed = min(need.low or need.steps, needed)
        self.reach = Reach(seen.horizon, max(needed, 1))

    def known(self, data: Any, measured: Callable[[], Need]) -> Need:
        """Return what data need, measured once for the same.

        Parameters
        ----------
        data : sequence of sequences of ndarray
        measured : callable
        """
        name = digest_of(*(array for part in data for array in part))
        if name not in self.needs:
            self.needs[name] = measured()
        return self.needs[name]

    def decide(self, practise: Callable[[int, int], Diagnosis], steps: int) -> None:
        """End a fit that is hopeless, if it is asked to.

        Parameters
        ----------
        practise : callable
            ``practise(needed, steps)`` diagnoses the network with so many steps of
            training on a copy.
        steps : int
            That the fit will take. What is spent on looking twice is at most a
            quarter of all fits that follow.

        Raises
        ------
        Hopeless
            The gradients reach less than half of what the data need, surely, and
            training on a copy does not lengthen that.
        """
        reach = self.reach
        affordable = steps * self.fits >= _TAKEN * _WORTH
        if not (self.ends and reach and affordable) or not _falls_short(reach):
            return
        seen = practise(reach.needed, PRACTICE)
        self.reach = reach = replace(reach, practised=tuple(seen.practised))
        found = {finding.name for finding in seen.findings}
        if "gradients vanish" in found and "reach grows" not in found:
            raise Hopeless(reach)


def _falls_short(reach: Reach) -> bool:
    return reach.steps < SHARE * reach.needed


_JUDGE: ContextVar[Judge | None] = ContextVar("judge", default=None)


@contextmanager
def judging(judge: Judge) -> Iterator[None]:
    """Let a judge hear of the fits of this block."""
    token = _JUDGE.set(judge)
    try:
        yield
    finally:
        _JUDGE.reset(token)


def judge_asked() -> Judge | None:
    """Return who wants to hear of a fit."""
    return _JUDGE.get()
