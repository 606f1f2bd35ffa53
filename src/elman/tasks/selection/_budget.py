"""How long a search goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass

from elman._arguments import number, whole_number

_TRIALS = 20


class OverBudget(Exception):  # noqa: N818 - an event, not an error
    """The seconds are over in the middle of a trial."""


@dataclass(frozen=True)
class Budget:
    """Trials, seconds or epochs, whichever is over first.

    Parameters
    ----------
    trials : int or None
        None: 20 if nothing else is given, else as many as the others allow.
    seconds : float or None
        Of all trials together. A trial that is not over by then does not count.
    epochs : int or None
        Of all trials together. A trial that has begun before is finished.

    Raises
    ------
    InputError
        One is not above 0.
    """

    trials: int | None = None
    seconds: float | None = None
    epochs: int | None = None

    def __post_init__(self) -> None:
        for name in ("trials", "epochs"):
            if (value := getattr(self, name)) is not None:
                whole_number(name, value)
        if self.seconds is not None:
            number("seconds", self.seconds)
        if self.trials is None and self.seconds is None and self.epochs is None:
            object.__setattr__(self, "trials", _TRIALS)

    def over(self, trials: int, seconds: float, epochs: int) -> bool:
        """Return whether so much is all."""
        spent = (trials, seconds, epochs)
        limits = (self.trials, self.seconds, self.epochs)
        return any(
            limit is not None and one >= limit
            for one, limit in zip(spent, limits, strict=True)
        )

    def deadline(self, spent: float) -> float | None:
        """Return when the seconds will be over, on the clock of `time.monotonic`."""
        return None if self.seconds is None else time.monotonic() + self.seconds - spent

    def words(self) -> str:
        """Return the budget in words."""
        parts = [
            f"{value:g} {name}"
            for name in ("trials", "seconds", "epochs")
            if (value := getattr(self, name)) is not None
        ]
        return " or ".join(parts)
