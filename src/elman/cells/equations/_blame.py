"""Errors of a user's `step`, told with the line that made them."""

from __future__ import annotations

import functools
import linecache
import sys
import sysconfig
from pathlib import Path
from types import FrameType

from elman._errors import InputError

_PACKAGE = Path(__file__).parents[2]
_SHIPPED = _PACKAGE / "cells" / "shipped"
_STANDARD = Path(sysconfig.get_path("stdlib"))
_LIBRARIES = ("torch", "numpy")
"""Packages whose functions a step may have called."""


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
    if isinstance(error, RecursionError):
        return InputError(f"{where}: the step calls itself without an end")
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
    if path.is_relative_to(_PACKAGE):
        return path.name.startswith("_") or not path.is_relative_to(_SHIPPED)
    for folder in ("site-packages", "dist-packages"):
        if folder in path.parts:
            inner = path.parts[path.parts.index(folder) + 1 :]
            return inner[0] in _LIBRARIES
    return path.is_relative_to(_STANDARD)
