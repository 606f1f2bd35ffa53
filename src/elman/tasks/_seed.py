"""One number from whatever scikit-learn accepts as ``random_state``."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.utils import check_random_state

from elman._errors import InputError


def seed_of(random_state: Any) -> int:
    """Return a seed: the number itself, or one drawn from the generator.

    Parameters
    ----------
    random_state : int, RandomState or None
        None draws from NumPy's global generator.

    Raises
    ------
    InputError
        If it is none of these, or negative.
    """
    if isinstance(random_state, Integral) and int(random_state) >= 0:
        return int(random_state)
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise InputError(
            f"random_state must be a whole number from 0 up, a RandomState or None, "
            f"got {random_state!r}"
        ) from error
