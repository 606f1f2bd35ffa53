"""One command in several processes: all walk the same way, the first one speaks."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

import typer

from elman._errors import InputError

if TYPE_CHECKING:
    from elman.training import Team

    from ._job import Job

_open = contextlib.ExitStack()
_team: Team | None = None
# Whether all members are past the point where each may fail alone.
_ready = True


def number() -> int:
    """Return this process' number among those that torchrun started."""
    return int(os.environ.get("RANK", "0"))


def count() -> int:
    """Return how many processes torchrun started, 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def launch() -> str:
    """Return what names this launch and its restarts, empty without torchrun."""
    name = os.environ.get("TORCHELASTIC_RUN_ID")
    return f"{name}-{os.getppid()}" if name else ""


def is_restart() -> bool:
    """Return whether the processes were started again after one of them ended."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


def follows() -> bool:
    """Return whether another process leads: it writes and speaks."""
    return count() > 1 and number() > 0


def be_silent() -> None:
    """Let a follower say nothing but tracebacks."""
    sys.stdout = _open.enter_context(open(os.devnull, "w"))  # noqa: SIM115
    warnings.simplefilter("ignore")


def join() -> None:
    """Join the processes that torchrun started, if it did."""
    global _team, _ready
    if count() > 1 and _team is None:
        from elman.training import joined

        _team = _open.enter_context(joined())
        _ready = _team is None


def leave() -> None:
    """Leave them, at the end of a command."""
    global _team, _ready
    _team, _ready = None, True
    _open.close()


def meet(word: Any = None, failure: str | None = None, *, last: bool = False) -> Any:
    """Tell all members whether this one can go on, and return the leader's word.

    Parameters
    ----------
    word : Any
        Plain values; only the leader's counts.
    failure : str or None
        Why this one cannot.
    last : bool
        Whether this is the last place where one alone may fail.

    Raises
    ------
    InputError
        One of the members cannot; on all of them.
    """
    global _ready
    if _team is None or _ready:
        if failure is not None:
            raise InputError(failure)
        return word
    said = _team.everyone([failure, word])
    failed = [rank for rank, (reason, _) in enumerate(said) if reason is not None]
    _ready = last or bool(failed)
    if failed:
        where = "" if failed[0] == 0 else f"process {failed[0]}: "
        raise InputError(f"{where}{said[failed[0]][0]}")
    return said[0][1]


def fail(reason: str) -> str:
    """Tell the other members that this one cannot go on; return who could not."""
    try:
        meet(failure=reason)
    except InputError as error:
        return str(error)
    return reason


def lost(error: Exception) -> bool:
    """Return whether an error says that another member has ended."""
    if _team is None or not isinstance(error, RuntimeError):
        return False
    words = str(error).lower()
    return any(word in words for word in ("gloo", "nccl", "connection", "socket"))


class Follower:
    """In place of a `RunDirectory` where another process writes."""

    started = False
    job: Job | None = None

    def begin(self, job: Job) -> None:
        """Write nothing."""

    def callbacks(self) -> list[Any]:
        """Return nothing to watch with."""
        return []

    def checkpoints(self) -> None:
        """Return no place for checkpoints: the leader hands out its own."""

    def __enter__(self) -> Follower:
        """Return the follower."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave what the leader has written."""


def end(status: int) -> typer.Exit:
    """Return the end of this process, one at which its launcher starts no other."""
    place = os.environ.get("ELMAN_STATUS")
    if place and count() > 1:
        if number() == 0:
            with contextlib.suppress(OSError), open(place, "w") as file:
                file.write(str(status))
        status = 0
    return typer.Exit(status)
