"""Several implementations of the same work, timed in turns."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[], Any]
Clock = Callable[[], float]


def race(
    steps: dict[str, Step],
    rounds: int,
    least: float = 0.005,
    clock: Clock = time.perf_counter,
    fewer: Mapping[str, int] | None = None,
) -> dict[str, float]:
    """Return the median time of each, taken in turns, round by round.

    A turn begins with a run that is not counted, so that it meets its own data in
    the caches and its own threads awake, whoever ran before. Every round begins
    with another one.

    Parameters
    ----------
    steps : dict of str to callable
        What to time, by name.
    rounds : int
        Turns that each gets.
    least : float
        Seconds that a turn lasts at least, by repetition.
    clock : callable
        Seconds; for tests.
    fewer : mapping of str to int, optional
        Turns of those that get less than all.

    Returns
    -------
    dict of str to float
        Seconds a run.
    """
    names = list(steps)
    repeats = {}
    for name in names:
        steps[name]()  # compiles, allocates, packs
        start = clock()
        steps[name]()
        once = max(clock() - start, 1e-7)
        repeats[name] = max(1, math.ceil(least / once))
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            if turn >= (fewer or {}).get(name, rounds):
                continue
            step, count = steps[name], repeats[name]
            step()
            start = clock()
            for _ in range(count):
                step()
            times[name].append((clock() - start) / count)
    return {name: statistics.median(taken) for name, taken in times.items()}
