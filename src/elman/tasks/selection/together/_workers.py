"""More processes for a search on this machine: started, heard, ended with this one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from elman._errors import InputError
from elman.training import manner_of

# Seconds that those who were interrupted have for their checkpoints.
_PATIENCE = 20.0
_CODE = "from elman.tasks.selection.together._worker import main; main()"


class Workers:
    """Processes that search beside this one, with one thread each.

    They end with this one, whatever ends it.

    Parameters
    ----------
    count : int
        Besides this process.
    told : mapping
        Estimator, data and arguments of the search.
    say : callable
        Told what they say.

    Raises
    ------
    InputError
        The estimator or the data cannot be handed to another process.
    """

    def __init__(
        self, count: int, told: Mapping[str, Any], say: Callable[[str], None]
    ) -> None:
        if os.name == "nt":
            raise InputError("several workers need locks that this system lacks")
        try:
            self._content = bytes(ForkingPickler.dumps(dict(told)))
        except Exception as error:
            raise InputError(
                "with several workers, estimator and data go to other processes, and"
                f" these cannot be ({error!s:.200}); use one worker"
            ) from None
        paths = json.dumps([os.path.abspath(one) for one in sys.path])
        self._paths = paths.encode()
        self._say, self._lock = say, threading.Lock()
        self._ending = False
        self._events: list[str] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads: list[threading.Thread] = []
        self._pipes: list[Connection] = []
        try:
            for number in range(count):
                self._start(number + 2)
        except BaseException:
            self.end(interrupted=True)
            raise

    def look(self) -> None:
        """Warn of those that have ended before the search."""
        while self._events:
            warnings.warn(self._events.pop(0), RuntimeWarning, stacklevel=2)

    def end(self, interrupted: bool) -> None:
        """End all of them.

        Parameters
        ----------
        interrupted : bool
            Whether they are at trials, and have checkpoints to write.
        """
        self._ending = True
        try:
            if interrupted:
                for process in self._processes:
                    if process.poll() is None:
                        process.send_signal(signal.SIGINT)
                for process in self._processes:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(_PATIENCE)
        finally:
            for process in self._processes:
                if process.poll() is None:
                    process.kill()
                process.wait()
            for thread in self._threads:
                thread.join()
            for pipe in self._pipes:
                pipe.close()
            for process in self._processes:
                if process.stdout is not None:
                    process.stdout.close()

    def _start(self, number: int) -> None:
        one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        ours, theirs = Pipe()
        self._pipes.append(ours)
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", _CODE, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
            env={**os.environ, **one},
            # Ctrl-C in a terminal is for this process, which passes it on once.
            start_new_session=True,
        )
        theirs.close()
        self._processes.append(process)
        thread = threading.Thread(
            target=self._hear, args=(number, process, ours), daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _hear(
        self, number: int, process: subprocess.Popen[bytes], pipe: Connection
    ) -> None:
        """Hand one its task, pass on what it says, and notice its end."""
        assert process.stdout is not None  # noqa: S101 - for the type checker
        with contextlib.suppress(OSError):
            pipe.send_bytes(self._paths)
            pipe.send_bytes(self._content)
        reason = ""
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                words = json.loads(line)
                if "say" in words:
                    with self._lock:
                        self._say(words["say"])
                reason = words.get("error", "")
        code = process.wait()
        if not self._ending and (code or reason):
            how = f"ended: {reason}" if reason else manner_of(code)
            self._events.append(
                f"worker {number} (process {process.pid}) {how:.300}; the search goes"
                " on without it"
            )
