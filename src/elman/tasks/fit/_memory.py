"""What many fits on the same data find out, found out once while a search is on."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from elman.training import digest_of

_MOST = 256 * 2**20

Found = TypeVar("Found")


class Memory:
    """Keeps what functions returned, by what they were given.

    Parameters
    ----------
    most : int
        Bytes that are kept, the latest.

    Attributes
    ----------
    hits : int
        How often something was known.
    """

    def __init__(self, most: int = _MOST) -> None:
        self.most, self.hits = most, 0
        self._found: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    def recall(
        self, make: Callable[[], Found], given: tuple[Any, ...], size: int
    ) -> Found:
        """Return what was made of the same before, or make it.

        Parameters
        ----------
        make : callable
        given : tuple of ndarray, number, text, tuple or None
            All that what is made depends on.
        size : int
            Its bytes, about.
        """
        name = digest_of(*given)
        if name in self._found:
            self.hits += 1
            self._found.move_to_end(name)
            found: Found = copy.deepcopy(self._found[name][0])
            return found
        made = make()
        if size <= self.most:
            # Whoever gets it may change it.
            self._found[name] = (copy.deepcopy(made), size)
            while sum(bytes_ for _, bytes_ in self._found.values()) > self.most:
                self._found.popitem(last=False)
        return made


_MEMORY: ContextVar[Memory | None] = ContextVar("memory", default=None)


@contextmanager
def remembering(memory: Memory) -> Iterator[None]:
    """Let the fits of this block share what does not depend on their parameters."""
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)


def recalled(make: Callable[[], Found], *given: Any, size: int) -> Found:
    """Return what a function makes, of a memory where there is one.

    Parameters
    ----------
    make : callable
    *given : ndarray, number, text, tuple or None
        All that what it makes depends on, and a name for it.
    size : int
        Bytes of what it makes, about.
    """
    memory = _MEMORY.get()
    return make() if memory is None else memory.recall(make, given, size)
