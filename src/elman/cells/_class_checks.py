"""What is wrong with the names and numbers of a cell's class is said at once."""

from __future__ import annotations

import keyword
import math
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

from elman._errors import InputError

if TYPE_CHECKING:
    from ._cell import Cell


def check_class(cell: Cell) -> None:
    """Refuse states, options, starts and limits that no equations can have.

    Parameters
    ----------
    cell : Cell

    Raises
    ------
    InputError
        With the attribute, what it is and what it should be.
    """
    name, states, heads = type(cell).__name__, cell.states, cell.heads
    if isinstance(states, str) or not states or len(set(states)) != len(states):
        raise InputError(
            f'{name}.states must be a tuple of different names such as ("h",), '
            f"got {states!r}"
        )
    for state in states:
        if not _is_name(state) or state in ("x", "self"):
            raise InputError(
                f"{name}.states: {state!r} cannot name a state; take a word such as "
                '"h" that is not x or self'
            )
    if isinstance(heads, bool) or not isinstance(heads, int) or heads < 1:
        raise InputError(f"{name}: heads must be a whole number from 1, got {heads!r}")
    for option, value in cell.chosen().items():
        if isinstance(value, Real) and math.isnan(float(value)):
            raise InputError(f"{name}: {option} must be a number, got nan")
    _check_init(name, cell.init)
    _check_limits(name, cell.limits)
    _check_transforms(name, cell.transforms)


def _is_name(word: Any) -> bool:
    return isinstance(word, str) and word.isidentifier() and not keyword.iskeyword(word)


def _check_init(name: str, init: Any) -> None:
    if not isinstance(init, Mapping):
        raise InputError(
            f'{name}.init must be a mapping such as {{"bias.f": 1.0}}, got {init!r}'
        )
    for key, value in init.items():
        number = isinstance(value, Real) and not math.isnan(float(value))
        if not number and not hasattr(value, "draw"):
            raise InputError(
                f"{name}.init[{key!r}] must be a number or one of elman.cells' draws "
                f"such as Uniform(0, 1), got {value!r}"
            )


def _check_limits(name: str, limits: Any) -> None:
    if not isinstance(limits, Mapping):
        raise InputError(
            f'{name}.limits must be a mapping such as {{"rate": (0.0, 1.0)}}, got '
            f"{limits!r}"
        )
    for key, pair in limits.items():
        two = isinstance(pair, tuple | list) and len(pair) == 2
        if not (two and all(isinstance(v, Real) for v in pair) and pair[0] <= pair[1]):
            raise InputError(
                f"{name}.limits[{key!r}] must be two numbers, the lower first, got "
                f"{pair!r}"
            )


def _check_transforms(name: str, transforms: Any) -> None:
    if not isinstance(transforms, Mapping):
        raise InputError(
            f'{name}.transforms must be a mapping such as {{"weight_hh": Cayley()}}, '
            f"got {transforms!r}"
        )
    for key, value in transforms.items():
        if isinstance(value, type) or not hasattr(value, "of"):
            raise InputError(
                f"{name}.transforms[{key!r}] must be one of elman.cells' transforms, "
                f"Exponential(), Cayley() or Antisymmetric(), got {value!r}"
            )
