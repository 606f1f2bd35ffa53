"""Where compiled cells are kept: a folder that only its user can write to.

A library is code, and whoever may write to it, or put another in its place, decides
what this process runs. So the folder and all above it have to be the user's (or the
system's) and closed to others, and a file is taken only where its content has the
digest that its name says.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from elman._errors import InputError
from elman._files import read_file

from ._compiler import TIMEOUT, CompileError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

_LIMIT = 64 * 2**20


def folder() -> Path:
    """Return the folder of compiled cells: made if it is not there, and checked.

    Raises
    ------
    CompileError
        If it cannot be made, or others can write to it.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        home = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
        found = home / "elman" / "cells"
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = found.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CompileError(f"compiled cells cannot be kept ({reason})") from error
    check_closed(found)
    return found


def check_closed(found: Path) -> None:
    """Refuse a folder that others could change, themselves or by one above it.

    Parameters
    ----------
    found : Path
        Without links.

    Raises
    ------
    CompileError
        With the folder that is open, and what closes it.
    """
    if not hasattr(os, "geteuid"):  # pragma: no cover - Windows
        return
    for place in (found, *found.parents):
        state = place.stat()
        own = state.st_uid == os.geteuid()
        if not own and (place == found or state.st_uid != 0):
            raise CompileError(
                f"{place} belongs to another user, who could put other code there; "
                "set XDG_CACHE_HOME to a folder of yours"
            )
        # In a folder with the sticky bit, such as /tmp, nobody can replace another's.
        shared = place != found and state.st_mode & stat.S_ISVTX
        if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not shared:
            raise CompileError(
                f"others may write to {place} and could put other code there; close "
                f"it by: chmod go-w {place}"
            )


def kept(found: Path, key: str) -> Path | None:
    """Return the library of a key; damaged files are removed.

    Parameters
    ----------
    found : Path
        As `folder` returns it.
    key : str
    """
    for path in sorted(found.glob(f"{key}-*.so")):
        if path.name == _name(key, path):
            return path
        with contextlib.suppress(OSError):
            path.unlink()
    return None


def keep(found: Path, key: str, make: Callable[[Path], None]) -> Path:
    """Return the library of a key, made if it is not there.

    Several processes may ask at once: one makes it and the others wait, and where
    files cannot be locked each makes it, and the last one stays.

    Parameters
    ----------
    found : Path
        As `folder` returns it.
    key : str
    make : callable
        Writes the file it is given.

    Raises
    ------
    CompileError
        If it cannot be made or kept.
    """
    with _locked(found):
        path = kept(found, key)
        if path is not None:
            return path
        partial = found / f".{key}.{os.getpid()}.{secrets.token_hex(4)}.partial"
        try:
            make(partial)
            partial.chmod(0o600)
            path = found / _name(key, partial)
            partial.replace(path)
        except OSError as error:
            raise CompileError(
                f"{found}: a compiled cell cannot be kept ({error.strerror})"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()
    return path


def _name(key: str, path: Path) -> str:
    """Return what a file has to be called by its content; "" for what is no file."""
    try:
        content = read_file(path, _LIMIT)
    except (OSError, InputError):
        return ""
    return f"{key}-{hashlib.sha256(content).hexdigest()[:32]}.so"


@contextlib.contextmanager
def _locked(found: Path) -> Iterator[None]:
    """Wait until no other process compiles; a lock ends with its process."""
    try:
        number = os.open(found / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CompileError(
            f"{found} cannot be written to ({error.strerror})"
        ) from error
    try:
        end = time.monotonic() + TIMEOUT
        while fcntl is not None and time.monotonic() < end:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:  # a file system without locks
                break
        yield
    finally:
        os.close(number)
