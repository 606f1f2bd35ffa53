"""Errors of a user's `step`, told with the line that made them."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType

from elman._errors import InputError

_HERE = str(Path(__file__).parent)


def step_error(message: str) -> InputError:
    """Return an InputError that names the line of the equations being run."""
    where = _line(sys._getframe(1))
    return InputError(f"{where}: {message}" if where else message)


def _line(frame: FrameType | None) -> str:
    while frame is not None:
        file = frame.f_code.co_filename
        if not _machinery(file):
            text = linecache.getline(file, frame.f_lineno).strip()
            name = frame.f_code.co_name
            quoted = f" ({text})" if text else ""
            return f"{Path(file).name}, line {frame.f_lineno}, in {name}{quoted}"
        frame = frame.f_back
    return ""


def _machinery(file: str) -> bool:
    path = Path(file)
    return str(path.parent) == _HERE and path.name.startswith("_")
