"""What the caller asks of the operators: a path, a record of what ran, another way.

One context variable: whoever wants to know whether anything is asked for, asks once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ._call import Call, Result
    from ._step_gradients import StepGradients


class Asked(NamedTuple):
    """What a block has asked for.

    Attributes
    ----------
    forced : str, optional
        The only path allowed.
    ran : list of str, optional
        Takes the name of each path that runs.
    instead : callable, optional
        Takes each call before any path does.
    steps : list of StepGradients, optional
        Takes an entry for each call.
    """

    forced: str | None = None
    ran: list[str] | None = None
    instead: Callable[[Call], Result | None] | None = None
    steps: list[StepGradients] | None = None


_NOTHING = Asked()
_asked: ContextVar[Asked | None] = ContextVar("elman_asked", default=None)

asking = _asked.get
"""Return what is asked for here, or None."""


def asked() -> Asked:
    """Return what is asked for here, each of it None if nothing is."""
    return _asked.get() or _NOTHING


@contextlib.contextmanager
def asking_for(**what: Any) -> Iterator[None]:
    """Ask for something inside the block, beside what is asked for around it."""
    token = _asked.set(asked()._replace(**what))
    try:
        yield
    finally:
        _asked.reset(token)
