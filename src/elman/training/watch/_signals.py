"""Ctrl-C and SIGTERM end a run between two steps, not in the middle of one."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class Requests:
    """Remembers that the process was asked to end, until a step is complete.

    As a context manager it takes over SIGINT where Python's own handler has it,
    and SIGTERM if asked to where nobody has it. A second Ctrl-C raises
    KeyboardInterrupt at once. Outside the main thread it does nothing.

    Parameters
    ----------
    terminate : bool
        Whether to take over SIGTERM.
    patient : bool
        Whether to end with the step whatever comes: for members of a team, each of
        which hears Ctrl-C from the terminal and again from torchrun.

    Attributes
    ----------
    interrupted, terminated : bool
    """

    def __init__(self, terminate: bool, patient: bool = False) -> None:
        self.interrupted = False
        self.terminated = False
        self._terminate = terminate
        self._patient = patient
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Requests:
        """Take the signals over."""
        if threading.current_thread() is not threading.main_thread():
            return self
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before[signal.SIGINT] = signal.signal(signal.SIGINT, self._interrupt)
        if self._terminate and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            self._before[signal.SIGTERM] = signal.signal(signal.SIGTERM, self._end)
        return self

    def __exit__(self, *error: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __bool__(self) -> bool:
        """Return whether there was any request."""
        return self.interrupted or self.terminated

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted and not self._patient:
            raise KeyboardInterrupt
        self.interrupted = True

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.terminated = True
