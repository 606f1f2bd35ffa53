"""One number from whatever scikit-learn accepts as ``random_state``."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.utils import check_random_state

from elman._arguments import MOST_SEED
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
        If it is none of these, negative, or above 2³² - 1.
    """
    if isinstance(random_state, Integral) and 0 <= int(random_state) <= MOST_SEED:
        return int(random_state)
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise InputError(
            f"random_state must be a whole number from 0 to {MOST_SEED}, a RandomState "
            f"or None, got {random_state!r}"
        ) from error
