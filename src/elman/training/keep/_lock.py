"""One process at a time in a directory, without locks that outlive their owner."""

from __future__ import annotations

import contextlib
import os
import warnings
import weakref
from pathlib import Path

from elman._errors import InputError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"


class DirectoryLock:
    """The right to write to a directory; the system frees it with the process.

    Parameters
    ----------
    directory : Path
        Must exist.

    Raises
    ------
    InputError
        Another process, or another lock in this one, has it.
    """

    def __init__(self, directory: Path) -> None:
        self._number: int | None = None
        number = os.open(directory / NAME, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if fcntl is not None:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(number, 20, 0).decode("ascii", "replace").strip()
            os.close(number)
            raise InputError(
                f"{directory} is in use by process {owner or 'unknown'}, which is"
                " training there; wait for it, stop it, or name another directory"
            ) from None
        except OSError as error:
            # Some network file systems have no locks; that is no reason to stop.
            warnings.warn(
                f"{directory} cannot be locked ({error.strerror}): take care that no"
                " other process trains there",
                RuntimeWarning,
                stacklevel=3,
            )
        with contextlib.suppress(OSError):  # the number is for the message alone
            os.ftruncate(number, 0)
            os.pwrite(number, f"{os.getpid()}\n".encode(), 0)
        self._number = number
        _HELD.add(self)

    def release(self) -> None:
        """Let others in; the file stays, as removing it would be a race."""
        _HELD.discard(self)
        if self._number is not None:
            os.close(self._number)
            self._number = None


_HELD: weakref.WeakSet[DirectoryLock] = weakref.WeakSet()


def _forget_in_child() -> None:
    """Drop the locks in a forked worker, which may outlive their owner."""
    for lock in list(_HELD):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
