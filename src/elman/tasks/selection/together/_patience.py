"""A database that is away for a while is waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ._address import Address, LostError

Result = TypeVar("Result")
# Seconds for which a database is waited for, and the longest wait between two attempts.
LIMIT = 600.0
_LONGEST = 30.0


class Patience:
    """Repeats what a database did not answer, with growing waits.

    Parameters
    ----------
    address : Address
    say : callable
        Told once that the database is away, and once that it is back.
    """

    def __init__(self, address: Address, say: Callable[[str], None]) -> None:
        self._address, self._say = address, say
        self._inside = threading.local()
        self._given_up = False

    def ask(self, call: Callable[[], Result]) -> Result:
        """Return what a call returns; inside of another one it is not repeated alone.

        Raises
        ------
        LostError
            The database did not answer for `LIMIT` seconds.
        """
        if getattr(self._inside, "on", False):
            return call()
        wait, end = 0.5, 0.0
        while True:
            try:
                result = self.once(call)
            except Exception as error:
                if (reason := _away(error)) is None:
                    raise
                now = time.monotonic()
                reason = self._address.without_secrets(reason)
                if not end:
                    end = now + LIMIT
                    if not self._given_up:
                        self._say(
                            f"{self._address.words} does not answer ({reason}); trying"
                            f" again for {LIMIT / 60:g} minutes"
                        )
                if now > end or self._given_up:
                    self._given_up = True
                    raise LostError(
                        f"{self._address.words} has not answered for {LIMIT / 60:g}"
                        f" minutes ({reason}); what was finished is there: the same"
                        " command goes on once it answers"
                    ) from None
                time.sleep(min(wait, _LONGEST))
                wait *= 2
            else:
                if end:
                    self._say(f"{self._address.words} answers again")
                return result

    def once(self, call: Callable[[], Result]) -> Result:
        """Return what a call returns, and repeat nothing in it."""
        before = getattr(self._inside, "on", False)
        self._inside.on = True
        try:
            return call()
        finally:
            self._inside.on = before


def _away(error: BaseException | None) -> str | None:
    """Return why an error says that the database is away; None if it does not."""
    from sqlalchemy import exc

    while error is not None:
        if isinstance(error, exc.OperationalError | exc.InterfaceError):
            return str(error.orig)
        if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
            return str(error.orig)
        if isinstance(error, exc.TimeoutError):
            return str(error)
        error = error.__cause__
    return None


def patient(kind: type, patience: Patience) -> type:
    """Return a class of storage whose every question has patience."""

    def asking(name: str) -> Any:
        theirs = getattr(kind, name)

        def method(self: Any, *given: Any, **more: Any) -> Any:
            return patience.ask(lambda: theirs(self, *given, **more))

        return method

    names = [
        name
        for name in dir(kind)
        if name.startswith(("create_", "get_", "set_", "delete_", "check_"))
        and callable(getattr(kind, name))
    ]
    return type(kind.__name__, (kind,), {name: asking(name) for name in names})
