"""Sequences or recordings, whichever a path holds."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from elman._errors import InputError
from elman.data import (
    Recordings,
    Sequences,
    holds_recordings,
    read_recordings,
    read_sequences,
)

from ._output import is_terminal

OF_RECORDINGS = ("recording", "pattern", "test_pattern", "front_end")
"""What a command may be told of recordings, and of no other sequences."""

_SLOW = 200  # recordings that take long enough to show how far it is


def read_any(
    path: Path, columns: dict[str, Any], like: Sequences | None = None
) -> Sequences:
    """Read what a path holds.

    Parameters
    ----------
    path : path
        A folder, a file of sound, or a table that names some: recordings. Another
        file: sequences.
    columns : dict
        label, id, time and group; encoding and missing; those of `OF_RECORDINGS`.
    like : Sequences or None
        What is to be read alike: recordings with the same front end.

    Raises
    ------
    InputError
        It cannot be read, or is of the other kind than ``like``.
    """
    how = {name: columns.get(name) for name in ("label", "group", "encoding")}
    how["missing"] = columns.get("missing")
    given = [name for name in OF_RECORDINGS if columns.get(name)]
    sounds = bool(columns.get("recording")) or holds_recordings(path)
    if like is not None and isinstance(like, Recordings) != sounds:
        kinds = ("sequences of numbers", "recordings")
        raise InputError(
            f"{path} holds {kinds[sounds]}, and {like.source} {kinds[not sounds]}; give"
            " both alike"
        )
    if not sounds:
        if given:
            raise InputError(
                f"{path} holds no recordings, and --{given[0].replace('_', '-')} is for"
                " them; name a folder of them, or a table with a column of paths"
            )
        return read_sequences(
            path,
            id=columns.get("id"),
            time=columns.get("time"),
            kinds=columns.get("kinds"),
            gaps=columns.get("gaps") or "auto",
            **how,
        )
    for name in ("id", "time"):
        if columns.get(name):
            raise InputError(
                f"{path} holds recordings, one a row, and --{name} is for tables of"
                " steps; leave it out"
            )
    front_end = columns.get("front_end")
    with _progress(path) as progress:
        return read_recordings(
            path,
            recording=columns.get("recording") if path.is_file() else None,
            pattern=columns.get("pattern") if path.is_dir() else None,
            front_end=like.front_end if isinstance(like, Recordings) else front_end,
            progress=progress,
            **_for_folder(path, how),
        )


def described(found: Sequences) -> dict[str, Any]:
    """Return the front end of recordings, for a run directory."""
    if not isinstance(found, Recordings):
        return {}
    return {"front_end": found.front_end.describe()}


def digest(*parts: Sequences) -> str:
    """Return what tells recordings from others: nothing of other sequences."""
    found = hashlib.sha256()
    for part in parts:
        if not isinstance(part, Recordings):
            return ""
        for name, values in zip(part.ids, part.X, strict=True):
            found.update(name.encode())
            found.update(values.tobytes())
    return found.hexdigest()


def _for_folder(path: Path, how: dict[str, Any]) -> dict[str, Any]:
    """Return the columns, which a folder of test recordings does not have."""
    if path.is_dir() and how.get("label") is None and how.get("group") is None:
        return {}
    return how


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int, int], None] | None]:
    """Show on a terminal how far it is, where it takes long enough to see."""
    if not is_terminal(sys.stderr):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("reading {task.description}"), BarColumn())
    bar = Progress(
        *columns, MofNCompleteColumn(), console=Console(stderr=True), transient=True
    )
    with bar:
        task = bar.add_task(path.name, visible=False)

        def say(done: int, count: int) -> None:
            if done % 20 == 0 or done == count:
                bar.update(task, completed=done, total=count, visible=count > _SLOW)

        yield say
