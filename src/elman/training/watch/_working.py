"""What takes its time and has no epochs to count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

_AT_ONCE = 500_000


@contextmanager
def working(
    what: str, shown: bool = True, *, size: int = 0, console: Console | None = None
) -> Iterator[None]:
    """Say what is being done: a moving line on a terminal, a plain one elsewhere.

    Parameters
    ----------
    what : str
    shown : bool
        False: say nothing.
    size : int
        Numbers that are worked on; those that are seen at once are not worth a line
        where there is no terminal.
    console : rich.console.Console or None
        Where to say it; standard error by default.
    """
    place = console or Console(stderr=True)
    if shown and place.is_terminal:
        with place.status(what):
            yield
        return
    if shown and size > _AT_ONCE:
        place.print(f"{what} …", highlight=False, soft_wrap=True)
    yield
