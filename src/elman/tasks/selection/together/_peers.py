"""What the processes of one search have to agree on; alone, nothing."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

Result = TypeVar("Result")
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
    other : str
        What tells another search from this one.
    """

    pause = 0.2
    place = "memory"
    other = "directory"

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

    def attempt(self, call: Callable[[], Result]) -> Result:
        """Return what a call returns, which may take a turn."""
        return call()

    def briefly(self, call: Callable[[], object]) -> None:
        """Call, whether it succeeds or not."""
        with contextlib.suppress(Exception):
            call()

    def dead(self, running: Sequence[Any], study: Any) -> list[Any]:
        """Return those of the trials that run no longer, as their process has ended.

        To be called in one's turn.
        """
        return list(running)

    def ask(self, study: Any, space: Mapping[str, Any]) -> Any:
        """Return the trial that is next in the study, in one's turn."""
        return study.ask(dict(space))

    def begun(self, trial: Any) -> None:
        """Let the others know whose trial it is, in one's turn."""
        trial.set_user_attr(WORKER, self.name)

    def ended(self) -> None:
        """Let go of the trial that was begun."""

    def close(self) -> None:
        """Leave the search."""
