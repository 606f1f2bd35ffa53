"""Ranges of arguments, checked with one wording everywhere."""

from __future__ import annotations

import math
import re
from numbers import Integral, Real

from ._errors import InputError

MOST_SEED = 2**32 - 1
"""The largest seed that NumPy and scikit-learn take."""

LARGEST = 1e150
"""Of a value in the data: sums of squares of such values are still finite."""

_MOST = 2**63 - 1


def whole_number(
    name: str, value: object, least: int = 1, most: int | None = None
) -> int:
    """Return a whole number from ``least`` to ``most``.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : object
        What was given; numpy's integers count, booleans do not.
    least : int
    most : int or None
        None: what 64 bits hold.

    Raises
    ------
    InputError
    """
    most = _MOST if most is None else most
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(f"{name} must be a whole number, got {value!r}")
    if value < least:
        raise InputError(f"{name} must be at least {least}, got {value}")
    found = int(value)
    if found > most:
        raise InputError(f"{name} must be at most {most}, got {value}")
    return found


def number(name: str, value: object, *, zero: bool = False) -> float:
    """Return a finite positive number.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : object
        What was given.
    zero : bool
        Whether 0 is allowed.

    Raises
    ------
    InputError
    """
    found = _real(name, value)
    allowed = found >= 0 if zero else found > 0
    if not allowed or found == math.inf:
        bound = "finite and at least 0" if zero else "positive and finite"
        raise InputError(f"{name} must be {bound}, got {value}")
    return found


def share(name: str, value: object, *, zero: bool = False) -> float:
    """Return a number between 0 and 1, both ends excluded.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : object
        What was given.
    zero : bool
        Whether 0 is allowed.

    Raises
    ------
    InputError
    """
    found = _real(name, value)
    allowed = 0 <= found < 1 if zero else 0 < found < 1
    if not allowed:
        bound = "at least" if zero else "above"
        raise InputError(f"{name} must be {bound} 0 and below 1, got {value}")
    return found


def true_or_false(name: str, value: object) -> bool:
    """Return a boolean.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : object
        What was given; no number stands for a boolean.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(value, bool):
        raise InputError(f"{name} must be True or False, got {value!r}")
    return value


def _real(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{name} must be a number, got {value!r}")
    return float(value)


def without_password(text: str) -> str:
    """Return a text with the passwords of the addresses in it left out.

    Parameters
    ----------
    text : str
        One word, such as ``postgresql://USER:PASSWORD@HOST/DATABASE``.
    """
    text = re.sub(r"(://[^:/@\s]*):\S*@", r"\1@", text)
    text = re.sub(r"([?&])password=[^&\s]*&?", r"\1", text)
    return text.rstrip("?&") if "://" in text else text
