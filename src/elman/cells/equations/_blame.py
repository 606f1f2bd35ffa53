"""Errors of a user's `step`, told with the line that made them."""

from __future__ import annotations

import functools
import linecache
import sys
import sysconfig
from pathlib import Path
from types import FrameType

from elman._errors import InputError

_CELLS = Path(__file__).parents[1]
_PLACES = ("stdlib", "purelib", "platlib")
_LIBRARIES = tuple(sysconfig.get_path(name) for name in _PLACES)


def step_error(message: str) -> InputError:
    """Return an InputError that names the line of the equations being run."""
    where = _line(sys._getframe(1))
    return InputError(f"{where}: {message}" if where else message)


def failed_step(error: Exception) -> InputError:
    """Return an InputError for what Python itself found wrong with a step."""
    where, place = "", error.__traceback__
    while place is not None:
        if not _machinery(place.tb_frame.f_code.co_filename):
            where = _told(place.tb_frame, place.tb_lineno) or where
        place = place.tb_next
    return InputError(f"{where}: {type(error).__name__}: {error}")


def _line(frame: FrameType | None) -> str:
    while frame is not None:
        if not _machinery(frame.f_code.co_filename):
            return _told(frame, frame.f_lineno)
        frame = frame.f_back
    return ""


def _told(frame: FrameType, number: int) -> str:
    file = frame.f_code.co_filename
    text = linecache.getline(file, number).strip()
    quoted = f" ({text})" if text else ""
    return f"{Path(file).name}, line {number}, in {frame.f_code.co_name}{quoted}"


@functools.cache
def _machinery(file: str) -> bool:
    """Return whether a file is this package's reader, Python's or a library's."""
    path = Path(file)
    if path.is_relative_to(_CELLS):
        return path.name.startswith("_")
    return any(path.is_relative_to(place) for place in _LIBRARIES)
