"""Every random state a process has, as one part of a run."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch


class RandomStates:
    """The states of Python's, NumPy's and torch's global generators.

    With the states of all CUDA devices, where CUDA is in use. Whatever the module
    or the examples draw from them (dropout, augmentation, noise) goes on after a
    resume as if nothing had happened.
    """

    def state_dict(self) -> dict[str, Any]:
        """Return all states."""
        version, numbers, gauss = random.getstate()
        name, keys, position, has_gauss, cached = np.random.get_state()
        state: dict[str, Any] = {
            "python": [version, list(numbers), gauss],
            "numpy": [
                str(name),
                torch.from_numpy(np.asarray(keys, np.uint32).view(np.int32).copy()),
                int(position),
                int(has_gauss),
                float(cached),
            ],
            "torch": torch.get_rng_state(),
        }
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            state["cuda"] = list(torch.cuda.get_rng_state_all())
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set all generators to these states."""
        version, numbers, gauss = state["python"]
        random.setstate((version, tuple(numbers), gauss))
        name, keys, position, has_gauss, cached = state["numpy"]
        words = keys.numpy().view(np.uint32)
        np.random.set_state((name, words, position, has_gauss, cached))
        torch.set_rng_state(state["torch"])
        if "cuda" in state and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(state["cuda"])


@contextlib.contextmanager
def own_random_states(seed: int) -> Iterator[RandomStates]:
    """Seed all global generators inside, and leave them as they were found.

    Parameters
    ----------
    seed : int
        At least 0. NumPy takes its lowest 32 bits.
    """
    states = RandomStates()
    found = states.state_dict()
    try:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        yield states
    finally:
        states.load_state_dict(found)
