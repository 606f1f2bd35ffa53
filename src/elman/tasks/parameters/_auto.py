"""Parameters that a rule may choose."""

from __future__ import annotations

from typing import Any

from elman._arguments import whole_number
from elman._errors import InputError

from ._row import MODEL, Option
from ._texts import number_or


class WholeOrAuto:
    """A whole number, or "auto"."""

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def __call__(self, name: str, value: Any) -> Any:
        """Return the number, or the word."""
        if isinstance(value, str) and value == "auto":
            return value
        return whole_number(name, value, self.least)

    def __str__(self) -> str:
        """Return the type."""
        return 'int or "auto"'


class FlagOrAuto:
    """True, False, or "auto"."""

    def __call__(self, name: str, value: Any) -> Any:
        """Return the boolean, or the word."""
        if isinstance(value, bool) or (isinstance(value, str) and value == "auto"):
            return value
        raise InputError(f"{name} must be True, False or 'auto', got {value!r:.60}")

    def __str__(self) -> str:
        """Return the type."""
        return 'bool or "auto"'


def whole_option(flag: str, says: str, panel: str = MODEL) -> Option:
    """Return an option that is a whole number, or auto."""
    whole = number_or("auto", whole=True)
    return Option(says, flag=flag, panel=panel, read=whole)


def read_flag(flag: str, text: str) -> Any:
    """Return what yes, no and auto mean."""
    known = {"yes": True, "no": False, "auto": "auto"}
    if text not in known:
        raise InputError(f"{flag} must be one of {', '.join(known)}, got {text!r}")
    return known[text]
