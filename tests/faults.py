"""A disk that fails, and a process that dies, at any chosen call to the system."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import traceback

CALLS = ("open", "write", "fsync", "close", "rename", "replace", "mkdir", "unlink")


class Faults:
    """Counts the calls that change a disk, and does something at one of them.

    Parameters
    ----------
    at : int
        Which call, from 0; -1 for none.
    what : {"kill before", "kill after", "kill midway", "ENOSPC", "EIO", ...}
        Midway, half of the bytes of a write are on the disk. The name of an error
        raises it; a write then leaves half of its bytes.
    once : bool
        Whether calls after that one work again.
    """

    def __init__(self, at: int, what: str, once: bool = True) -> None:
        self.at, self.what, self.once = at, what, once
        self.count = 0
        self.calls: list[str] = []
        self._own: dict[str, object] = {}

    def __enter__(self):
        for name in CALLS:
            self._own[name] = getattr(os, name)
            setattr(os, name, self._wrapped(name))
        self._own["rmtree"] = shutil.rmtree
        shutil.rmtree = self._wrapped("rmtree")
        return self

    def __exit__(self, *error):
        shutil.rmtree = self._own.pop("rmtree")
        for name, own in self._own.items():
            setattr(os, name, own)

    def _wrapped(self, name):
        own = self._own[name]

        def call(*args, **options):
            number, self.count = self.count, self.count + 1
            self.calls.append(name)
            hit = number == self.at or (not self.once and 0 <= self.at < number)
            if not hit or (name == "close" and not self.what.startswith("kill")):
                return own(*args, **options)
            if name == "write" and self.what != "kill before":
                half = memoryview(args[1])[: len(args[1]) // 2]
                done = own(args[0], half)
                if self.what == "kill after":
                    return done + own(args[0], memoryview(args[1])[done:]) and die()
            elif self.what == "kill after":
                with contextlib.suppress(OSError):
                    own(*args, **options)
            if self.what.startswith("kill"):
                die()
            number = getattr(errno, self.what)
            raise OSError(number, os.strerror(number), str(args[0]))

        return call


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_child(work) -> int:
    """Run ``work()`` in a forked process; return its wait status."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]
