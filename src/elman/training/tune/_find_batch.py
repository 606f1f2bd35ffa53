"""How many examples a step should take: what is quick, and what fits."""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from elman._arguments import share, whole_number
from elman._errors import InputError
from elman._modes import gradients
from elman.training._settings import TrainingSettings
from elman.training.data._order import Order, build_order
from elman.training.data._streams import Streams
from elman.training.keep._random import own_random_states
from elman.training.step._build_step import build_step
from elman.training.step._contract import DivergedError
from elman.training.step._objective import Loss, Objective

from ._rate_sweep import check_optimizer_is_not_bound, copied

_STEPS = 5


@dataclass(frozen=True)
class BatchSizes:
    """What steps of growing batches cost.

    Attributes
    ----------
    sizes : list of int
        Powers of two, and the number of examples at the end if that was reached.
    seconds : list of float
        Median of a step.
    spread : list of float
        The slowest step less the quickest, relative to the median.
    memory : list of int or None
        Bytes the process or the device had grown by at its peak; None where the
        system does not tell.
    limit : int or None
        Bytes that were allowed.
    suggested : int
        The smallest size with nearly the most examples a second.
    full : bool
        Whether the next size would not have fitted.
    """

    sizes: list[int]
    seconds: list[float]
    spread: list[float]
    memory: list[int] | None
    limit: int | None
    suggested: int
    full: bool

    def __str__(self) -> str:
        """Return one line: the size, what it reaches, and what ended the search."""
        place = self.sizes.index(self.suggested)
        rates = [n / s for n, s in zip(self.sizes, self.seconds, strict=True)]
        text = (
            f"batch size {self.suggested}: {rates[place]:,.0f} examples a second, "
            f"{100 * rates[place] / max(rates):.0f} % of the most"
        )
        if self.memory is not None:
            text += f", {self.memory[place] / 1e6:,.0f} MB"
        return f"{text}; twice {self.sizes[-1]} would not fit" if self.full else text


@gradients()
def find_batch_size(
    module: nn.Module,
    loss: Loss | Objective,
    examples: Any,
    settings: TrainingSettings | None = None,
    *,
    largest: int | None = None,
    memory: int | None = None,
    loss_of_speed: float = 0.1,
) -> BatchSizes:
    """Time training steps of growing batches, within memory, on a copy of the module.

    Sizes double as long as the next is expected to fit: memory is taken to grow with
    the size as it did before. Larger batches make fewer updates an epoch, so that the
    smallest size within ``loss_of_speed`` of the most examples a second is
    suggested. It is about speed alone: what trains best is another question. The
    module and the random states are left as they were.

    Parameters
    ----------
    module : nn.Module
    loss : callable or Objective
    examples : Examples
        As for `train`. Streams are not searched: their rows are a choice of
        the data too.
    settings : TrainingSettings or None
        Optimiser, clipping, precision, parts of a batch; None: the defaults.
    largest : int or None
        No batch has more. None: the number of examples.
    memory : int or None
        Bytes a step may add. None: eight tenths of what is free.
    loss_of_speed : float
        Between 0 and 1.

    Returns
    -------
    BatchSizes

    Raises
    ------
    InputError
        If a number is out of range, or not even one example fits.
    """
    settings = TrainingSettings() if settings is None else settings
    share("loss_of_speed", loss_of_speed)
    if isinstance(examples, Streams):
        raise InputError(
            "streams have rows in place of a batch size; set rows, and time a few"
        )
    if not len(examples):
        raise InputError("there are no training examples; give more or longer data")
    check_optimizer_is_not_bound(settings)
    most = len(examples) if largest is None else whole_number("largest", largest)
    most = min(most, len(examples))
    if memory is not None:
        whole_number("memory", memory)
    with own_random_states(settings.seed):
        trial = _Trial(copied(module).train(), loss, examples, settings)
        return _search(trial.measure, most, memory or trial.free(), loss_of_speed)


Measure = Callable[[int], tuple[list[float], int | None] | None]


def _search(
    measure: Measure, most: int, limit: int | None, loss_of_speed: float
) -> BatchSizes:
    sizes: list[int] = []
    times: list[list[float]] = []
    memory: list[int | None] = []
    full, size = False, 1
    while True:
        known = [m for m in memory if m is not None]
        if limit is not None and _expected(sizes, known, size) > limit:
            full = True
            break
        found = measure(size)
        if found is None or (limit and (found[1] or 0) > limit):
            full = True
            break
        sizes.append(size)
        times.append(found[0])
        memory.append(found[1])
        if size == most:
            break
        size = min(2 * size, most)
    if not sizes:
        raise InputError(
            "not even a batch of one example fits into the memory allowed; give "
            "shorter sequences, a smaller network or elman.training.Recomputed"
        )
    seconds = [statistics.median(t) for t in times]
    rates = [n / s for n, s in zip(sizes, seconds, strict=True)]
    enough = (1 - loss_of_speed) * max(rates)
    return BatchSizes(
        sizes,
        seconds,
        [(max(t) - min(t)) / statistics.median(t) for t in times],
        [m for m in memory if m is not None] if None not in memory else None,
        limit,
        next(n for n, rate in zip(sizes, rates, strict=True) if rate >= enough),
        full,
    )


def _expected(sizes: list[int], memory: list[int], size: int) -> float:
    """Return the memory a size will need if it goes on growing as it did."""
    if len(memory) < 2 or len(memory) < len(sizes):
        return 0.0
    slope = (memory[-1] - memory[-2]) / (sizes[-1] - sizes[-2])
    return memory[-1] + slope * (size - sizes[-1])


class _Trial:
    """Training steps of any size on one copy, with their time and their memory."""

    def __init__(
        self,
        module: nn.Module,
        loss: Loss | Objective,
        examples: Any,
        settings: TrainingSettings,
    ) -> None:
        self.device = next(module.parameters()).device
        own = settings.for_epochs(
            1,
            batch_size=1,
            tokens_per_batch=None,
            schedule="constant",
            schedule_options={},
            warm_up=0,
            local_steps=None,
        )
        self.order: Order = build_order(examples, own)
        self.step = build_step(module, loss, examples, own, self.order)
        self.numbers = torch.randperm(len(examples))
        self.start = self._used("VmRSS") if self.device.type == "cpu" else None

    def measure(self, size: int) -> tuple[list[float], int | None] | None:
        """Return seconds of a few steps and peak of memory, None if too large."""
        times = []
        self._begin()
        try:
            for number in range(_STEPS + 1):
                batch = self.numbers.roll(-number * size)[:size]
                start = time.perf_counter()
                with contextlib.suppress(DivergedError):
                    self.step.take(batch)
                times.append(time.perf_counter() - start)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            self.step.update.optimizer.zero_grad()
            return None
        return times[1:], self._peak()

    def free(self) -> int | None:
        """Return eight tenths of the memory that is free, None if nobody tells."""
        if self.device.type == "cuda":
            return int(0.8 * torch.cuda.mem_get_info(self.device)[0])
        found = _status("/proc/meminfo", "MemAvailable")
        return None if found is None else int(0.8 * found)

    def _begin(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            self.start = torch.cuda.memory_allocated(self.device)
        elif sys.platform == "linux":
            with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as f:
                f.write("5")  # the peak counts from here

    def _peak(self) -> int | None:
        if self.start is None:
            return None
        if self.device.type == "cuda":
            return max(0, torch.cuda.max_memory_allocated(self.device) - self.start)
        found = self._used("VmHWM")
        return None if found is None else max(0, found - self.start)

    @staticmethod
    def _used(name: str) -> int | None:
        return _status("/proc/self/status", name)


def _status(path: str, name: str) -> int | None:
    """Return the bytes in one line of a file of the Linux kernel."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(path) as lines:
        for line in lines:
            if line.startswith(f"{name}:"):
                return 1024 * int(line.split()[1])
    return None


def _is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or (
        "allocate memory" in str(error)
    )
