"""Context variables of the operators, and a count of those that are set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TypeVar

V = TypeVar("V")

open_scopes: list[None] = []
"""One entry for each block that has set a variable, in any thread: whoever asks for a
path or collects what runs. Its length says in no time that nobody does."""


@contextlib.contextmanager
def scoped(variable: ContextVar[V], value: V) -> Iterator[V]:
    """Set a context variable inside the block.

    Parameters
    ----------
    variable : ContextVar
    value : object

    Yields
    ------
    object
        The value.
    """
    token = variable.set(value)
    open_scopes.append(None)
    try:
        yield value
    finally:
        open_scopes.pop()
        variable.reset(token)
