"""Other orders of the steps of a sequence, each as the places it takes them from."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.given._input import Array

Places = list[NDArray[np.int64]]

BLOCKS = 8
"""Parts that a sequence is cut into, to be put together in another order."""


def reading_order(how: str, seed: int, sequences: Sequence[Array]) -> Places | None:
    """Return the order in which an estimator reads each sequence.

    It depends on nothing but the sequence itself, so that a prediction does not
    depend on its neighbours.

    Parameters
    ----------
    how : {"none", "fixed", "each"}
        As ``shuffle_time``.
    seed : int
        Of the fit.
    sequences : sequence of ndarray
        (T_i, C).

    Returns
    -------
    list of ndarray or None
        int64 (T_i,); None for the order they come in.
    """
    if how == "none":
        return None
    if how == "fixed":
        # The first T of these are the same for every T: a shorter sequence has the
        # order of a longer one without the steps it lacks. NumPy promises that this
        # generator's numbers never change.
        longest = max(map(len, sequences))
        keys = np.random.RandomState(seed).random_sample(longest)
        return [np.argsort(keys[: len(s)], kind="stable") for s in sequences]
    return [_own(sequence, seed) for sequence in sequences]


def _own(sequence: Array, seed: int) -> NDArray[np.int64]:
    values = np.ascontiguousarray(sequence, np.float64).tobytes()
    draw = np.random.RandomState([zlib.crc32(values), seed])
    return np.argsort(draw.random_sample(len(sequence)), kind="stable")


def shuffled(lengths: NDArray[np.int64], rng: np.random.Generator) -> Places:
    """Return a random order of all steps, for each sequence another one."""
    return [rng.permutation(int(steps)) for steps in lengths]


def backwards(lengths: NDArray[np.int64]) -> Places:
    """Return the order from the last step to the first."""
    return [np.arange(int(steps))[::-1] for steps in lengths]


def most_blocks(lengths: NDArray[np.int64], blocks: int = BLOCKS) -> int:
    """Return into how many parts of two steps or more the longest sequence is cut."""
    return max(1, min(blocks, int(lengths.max()) // 2))


def in_blocks(
    lengths: NDArray[np.int64], rng: np.random.Generator, blocks: int = BLOCKS
) -> Places:
    """Return an order in which parts of a sequence have changed their places.

    Parameters
    ----------
    lengths : ndarray
    rng : numpy.random.Generator
    blocks : int
        Parts of about equal length; of short sequences fewer, of two steps at least.
    """
    found = []
    for steps in lengths:
        count = most_blocks(np.array([steps]), blocks)
        parts = np.array_split(np.arange(int(steps)), count)
        found.append(np.concatenate([parts[i] for i in rng.permutation(len(parts))]))
    return found


def taken(sequences: Sequence[Array], places: Places | None) -> Sequence[Array]:
    """Return the sequences with their steps in that order."""
    if places is None:
        return sequences
    return [s[place] for s, place in zip(sequences, places, strict=True)]


def rows_of(places: Places) -> NDArray[np.int64]:
    """Return the same order for steps end to end."""
    starts = np.cumsum([0, *map(len, places)])[:-1]
    return np.concatenate([p + s for p, s in zip(places, starts, strict=True)])


def with_targets(targets: Targets, places: Places | None) -> Targets:
    """Return the targets with those of single steps in that order."""
    if places is None or not targets.per_step:
        return targets
    return targets.rearranged(rows_of(places))
