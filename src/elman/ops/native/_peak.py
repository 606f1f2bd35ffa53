"""What the machine could do: multiply-and-add in registers, and nothing else."""

from __future__ import annotations

import time

from elman._errors import InputError

_ROUNDS = 1_000_000
_best: dict[tuple[int, bool], float] = {}


def measured_peak(threads: int, doubles: bool = False, bursts: int = 5) -> float:
    """Measure the peak of this machine, now, on the core's instruction set.

    Parameters
    ----------
    threads : int
        Threads that multiply and add at the same time.
    doubles : bool
        In float64; else in float32.
    bursts : int
        The best of so many, each of some milliseconds, and of all before.

    Returns
    -------
    float
        Floating-point operations a second; a multiply-and-add is two.

    Raises
    ------
    InputError
        If the compiled core is not there.
    """
    try:
        from elman._core import _native
    except ModuleNotFoundError:
        raise InputError(
            "the compiled core is not built; install elman with its C++ core:"
            " pip install ."
        ) from None
    # A burst that was disturbed is no peak: what was seen before still counts.
    best = _best.get((threads, doubles), 0.0)
    for _ in range(bursts):
        start = time.perf_counter()
        operations = _native.burn(doubles, _ROUNDS, threads)
        best = max(best, operations / (time.perf_counter() - start))
    _best[threads, doubles] = best
    return best
