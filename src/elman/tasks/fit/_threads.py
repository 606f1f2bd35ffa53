"""Small networks train on one thread: on cores that others use, more are slower.

Threads that share a time step wait for each other at its end. Where another program has
one of the cores, all of them wait for it, thousands of times an epoch.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from elman import cells

if TYPE_CHECKING:
    from elman.data import Panel, RegularSeries

LEAST_WORK = 1e6
"""Floating-point operations of a time step from which several threads are worth it.

Chosen by weighing what is lost, not from a measured crossing. With 64 units and batches
of 8, two idle cores took 0.77 to 0.87 s for what one took 1.0 s for; beside other load
two threads took 3 to 40 times as long as one. ``benchmarks/thread_choice.py`` measures
both for larger sizes.
"""

# Products of a step: of a convolution about two filters of three steps, of a
# Transformer the four of attention and twice four times the width.
_PRODUCTS = {"tcn": 6, "transformer": 12}
_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
_lock = threading.Lock()
_inside = 0
_before = 0


def work_of(cell: str | cells.Cell, batch: int, channels: int, units: int) -> float:
    """Return the floating-point operations of one time step of one layer."""
    products = _PRODUCTS.get(str(cell)) or len(cells.cell(cell).traced.gates)
    return 2.0 * products * batch * units * (units + channels)


def work_of_forecaster(forecaster: Any, series: RegularSeries | Panel) -> float:
    """Return the same of a forecaster's encoder, about: it reads every column."""
    rows, columns = series.frame.shape
    batch = forecaster.batch_size
    size = rows if isinstance(batch, str) else min(int(batch), rows)
    return work_of(forecaster.cell, size, columns, int(forecaster.hidden_size))


@contextlib.contextmanager
def suitable_threads(work: float) -> Iterator[None]:
    """Use one of torch's threads for what follows, if there is little to share.

    A number that the user chose, with ``OMP_NUM_THREADS``, ``MKL_NUM_THREADS`` or
    ``torch.set_num_threads``, stays. The number from before comes back at the end.

    Parameters
    ----------
    work : float
        Floating-point operations of one time step.
    """
    global _inside, _before
    if work >= LEAST_WORK or is_chosen():
        yield
        return
    with _lock:
        if not _inside:
            _before = torch.get_num_threads()
        _inside += 1
    torch.set_num_threads(1)
    try:
        yield
    finally:
        # Fits side by side, in threads of their own, find each other's number: that
        # from before the first of them is the one to come back.
        with _lock:
            _inside -= 1
            torch.set_num_threads(_before)


def is_chosen() -> bool:
    """Return whether the number of threads is not what torch takes by itself."""
    if any(os.environ.get(name) for name in _VARIABLES):
        return True
    if _inside:
        return False
    return torch.get_num_threads() not in _defaults()


def _defaults() -> set[int]:
    """Return how many threads torch may take by itself: cores, or their halves."""
    try:
        usable = os.sched_getaffinity(0)
    except AttributeError:  # no such call on macOS and Windows
        usable = set(range(os.cpu_count() or 1))
    siblings = set()
    for core in usable:
        place = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
        try:
            siblings.add(place.read_text())
        except OSError:
            siblings.add(str(core))
    return {len(usable), len(siblings), os.cpu_count() or 1}
