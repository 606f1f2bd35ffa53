"""What the processes of one search have to agree on; alone, nothing."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

WORKER = "worker"


class Peers:
    """A process among those that search together; this one searches alone, in memory.

    Attributes
    ----------
    name : str
        Of this process, as its trials have it.
    pause : float
        Seconds after which it is worth looking again at what others do.
    place : str
        Where the trials are kept, for people.
    """

    pause = 0.2
    place = "memory"

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex

    def storage(self) -> Any:
        """Return optuna's storage of the trials."""
        from optuna.storages import InMemoryStorage

        return InMemoryStorage()

    def turn(self) -> AbstractContextManager[object]:
        """Keep the others from beginning a trial, or judging who is dead, meanwhile."""
        return contextlib.nullcontext()

    def last(self) -> AbstractContextManager[object]:
        """Keep the others from the last part meanwhile; wait for one that is at it."""
        return contextlib.nullcontext()

    def dead(self, running: Sequence[Any]) -> list[Any]:
        """Return those of the trials that run no longer, as their process has ended.

        To be called in one's turn.
        """
        return list(running)

    def begun(self, trial: Any) -> None:
        """Let the others know whose trial it is, in one's turn."""
        trial.set_user_attr(WORKER, self.name)

    def ended(self) -> None:
        """Let go of the trial that was begun."""

    def close(self) -> None:
        """Leave the search."""
