"""Processes keep each other out of files and directories by the system's locks."""

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


class FileLock:
    """The right to what a file stands for; the system frees it with the process.

    Parameters
    ----------
    path : Path
        Made if it is not there, never removed: that would be a race.
    shared : bool
        Whether others may have the same right, shared too.
    wait : bool
        Whether to wait for it.

    Attributes
    ----------
    real : bool
        Whether the file system has locks; without them nobody is kept out.

    Raises
    ------
    BlockingIOError
        Another process, or another lock in this one, has it.
    OSError
        The file cannot be made or opened.
    """

    def __init__(self, path: Path, *, shared: bool = False, wait: bool = False) -> None:
        self._number: int | None = None
        self.reason = "no locks on this system"
        number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            self.real = self._take(number, shared, wait)
        except BaseException:
            os.close(number)
            raise
        self._number = number
        _HELD.add(self)

    def share(self) -> None:
        """Let others have it too, if they share it."""
        if self._number is not None and self.real:
            self._take(self._number, shared=True, wait=True)

    def release(self) -> None:
        """Let others have it."""
        _HELD.discard(self)
        if self._number is not None:
            os.close(self._number)
            self._number = None

    def __enter__(self) -> FileLock:
        """Return the lock."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let others have it."""
        self.release()

    def _take(self, number: int, shared: bool, wait: bool) -> bool:
        if fcntl is None:  # pragma: no cover - Windows
            return False
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(number, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as error:
            # Some network file systems have no locks; that is no reason to stop.
            self.reason = error.strerror or str(error)
            return False
        return True

    def write(self, text: str) -> None:
        """Write who has it, for messages alone."""
        assert self._number is not None  # noqa: S101 - for the type checker
        with contextlib.suppress(OSError):
            os.ftruncate(self._number, 0)
            os.pwrite(self._number, text.encode(), 0)


class DirectoryLock(FileLock):
    """The right to write to a directory; the system frees it with the process.

    Parameters
    ----------
    directory : Path
        Must exist.
    shared : bool
        Whether others that share it may write there too.

    Raises
    ------
    InputError
        Another process, or another lock in this one, has it.
    """

    def __init__(self, directory: Path, *, shared: bool = False) -> None:
        path = directory / NAME
        try:
            super().__init__(path, shared=shared)
        except BlockingIOError:
            owner = path.read_bytes()[:20].decode("ascii", "replace").strip()
            raise InputError(
                f"{directory} is in use by process {owner or 'unknown'}, which is"
                " training there; wait for it, stop it, or name another directory"
            ) from None
        if fcntl is not None and not self.real:
            warnings.warn(
                f"{directory} cannot be locked ({self.reason}): take care that no"
                " other process trains there",
                RuntimeWarning,
                stacklevel=2,
            )
        self.write(f"{os.getpid()}\n")


_HELD: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _forget_in_child() -> None:
    """Drop the locks in a forked worker, which may outlive their owner."""
    for lock in list(_HELD):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
