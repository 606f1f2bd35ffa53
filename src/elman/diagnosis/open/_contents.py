"""What the attributes of modules hold, to be put back."""

from __future__ import annotations

import copy
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

_CONTAINERS = (list, dict, set, deque)
MOST = 10_000
"""Parts of one container that are looked into: a long list is data, not state."""


class Contents:
    """What lists, dictionaries, arrays, tensors and generators held when this was made.

    Containers inside others count, and each is kept once.

    Parameters
    ----------
    values : iterable
        Of them or of anything else, which is left alone.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self._seen: dict[int, Any] = {}
        self._back: list[Callable[[], None]] = []
        self.add(values)

    def add(self, values: Iterable[Any]) -> None:
        """Keep what further values hold."""
        for value in values:
            back = self._kept(value)
            if back is not None:
                self._back.append(back)

    def restore(self) -> None:
        """Put everything back."""
        for back in self._back:
            back()

    def _kept(self, value: Any) -> Callable[[], None] | None:
        """Return what puts a value's content back, or None."""
        if id(value) in self._seen:
            return None
        if isinstance(value, tuple) and not isinstance(value, torch.Size):
            self._seen[id(value)] = value
            self.add(value[:MOST])
            return None
        if isinstance(value, _CONTAINERS):
            self._seen[id(value)] = value
            held = copy.copy(value)
            inside = value.values() if isinstance(value, dict) else value
            if len(value) <= MOST:
                self.add(list(inside))
            return lambda: _refill(value, held)
        if isinstance(value, Tensor) and not value.is_inference():
            self._seen[id(value)] = value
            version, content = value._version, value.detach().clone()
            return lambda: _rewrite(value, version, content)
        if isinstance(value, np.ndarray) and value.flags.writeable:
            self._seen[id(value)] = value
            numbers = value.copy()
            return lambda: np.copyto(value, numbers)
        return _generator(value)


def _refill(value: Any, held: Any) -> None:
    if isinstance(value, list):
        value[:] = held
    elif isinstance(value, deque):
        value.clear()
        value.extend(held)
    else:
        value.clear()
        value.update(held)


def _rewrite(value: Tensor, version: int, content: Tensor) -> None:
    if value._version != version:
        with torch.no_grad():
            value.detach().copy_(content)


def _generator(value: Any) -> Callable[[], None] | None:
    """Return what sets a generator of random numbers back, or None."""
    if isinstance(value, torch.Generator):
        drawn = value.get_state().clone()
        return lambda: _set(value, drawn)
    if isinstance(value, np.random.Generator):
        bits = value.bit_generator
        numpys = copy.deepcopy(bits.state)
        return lambda: setattr(bits, "state", numpys)
    if isinstance(value, np.random.RandomState):
        legacy = value.get_state()
        return lambda: value.set_state(legacy)
    if isinstance(value, random.Random):
        own = value.getstate()
        return lambda: value.setstate(own)
    return None


def _set(generator: torch.Generator, state: Tensor) -> None:
    generator.set_state(state)
