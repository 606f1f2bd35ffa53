"""Several processes at one search in a directory: a journal, and the system's locks."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from elman.training import DirectoryLock, FileLock

from ._peers import WORKER, Peers

JOURNAL = "journal.log"
_WORKERS = "workers"


class Files(Peers):
    """One of the processes that search in a directory.

    Each has a locked file of its own as long as it lives, so that the system tells the
    others when it has ended, however it did.

    Parameters
    ----------
    directory : Path
        Made if it is not there.

    Raises
    ------
    InputError
        A process that shares with nobody has the directory.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__()
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.place = directory, str(directory)
        self._base = DirectoryLock(directory, shared=True)
        (directory / _WORKERS).mkdir(exist_ok=True)
        self._own: FileLock | None = None
        try:
            with self.turn():  # nobody takes a file for that of a dead one meanwhile
                own = FileLock(self._file(self.name))
                own.write(f"process {os.getpid()} on {socket.gethostname()}\n")
                self._own = own
        except BaseException:
            self.close()
            raise

    def storage(self) -> Any:
        """Return optuna's storage of the trials."""
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        path = self.directory / JOURNAL
        lock: Any = _Writing(path)
        return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))

    def turn(self) -> AbstractContextManager[object]:
        """Keep the others from beginning a trial, or judging who is dead, meanwhile."""
        return FileLock(self.directory / "turn.lock", wait=True)

    def last(self) -> AbstractContextManager[object]:
        """Keep the others from the last part meanwhile; wait for one that is at it."""
        return FileLock(self.directory / "last.lock", wait=True)

    def dead(self, running: Sequence[Any], study: Any) -> list[Any]:
        """Return those of the trials whose process has ended."""
        alive = self._alive()
        return [trial for trial in running if trial.user_attrs.get(WORKER) not in alive]

    def close(self) -> None:
        """Leave the search."""
        if self._own is not None:
            self._file(self.name).unlink(missing_ok=True)
            self._own.release()
            self._own = None
        self._base.release()

    def _file(self, name: str) -> Path:
        return self.directory / _WORKERS / f"{name}.lock"

    def _alive(self) -> set[str]:
        """Return the names of the others that live; forget those that do not."""
        found = set[str]()
        for path in (self.directory / _WORKERS).glob("*.lock"):
            if path.stem == self.name:
                continue
            try:
                with FileLock(path):
                    # Without locks nobody else can be here: see `DirectoryLock`.
                    path.unlink(missing_ok=True)
            except BlockingIOError:
                found.add(path.stem)
        return found


class _Writing:
    """The right to write to the journal, from which a torn last line is cut off first.

    A lock file of optuna's own would outlive a process that is killed, and the line
    that it was writing would spoil the next.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: FileLock | None = None

    def acquire(self) -> bool:
        """Return that nobody else writes."""
        self._lock = FileLock(self._path, wait=True)
        try:
            _without_torn_line(self._path)
        except BaseException:
            self.release()
            raise
        return True

    def release(self) -> None:
        """Let others write."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _without_torn_line(path: Path) -> None:
    """Cut off what a process was killed in the middle of writing."""
    with path.open("r+b") as file:
        size = end = file.seek(0, os.SEEK_END)
        block = b""
        while end and b"\n" not in block:
            start = max(0, end - _BLOCK)
            file.seek(start)
            block = file.read(end - start)
            if block.endswith(b"\n") and end == size:
                return
            whole = start + block.rfind(b"\n") + 1
            end = start
        if size:
            file.truncate(whole)


_BLOCK = 4096
