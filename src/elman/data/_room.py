"""Whether what a file says it holds fits into the memory there is."""

from __future__ import annotations

import contextlib
from pathlib import Path

from elman._errors import InputError


def check_room(file: Path, wanted: int) -> None:
    """Raise unless so many bytes are free; where nobody knows, nothing is said.

    A few bytes can stand for terabytes of zeros: that is found out here, before
    anything is unpacked.

    Parameters
    ----------
    file : Path
    wanted : int
        Bytes of its content in memory, by what its header says.
    """
    free = available_bytes()
    if free is not None and wanted > free:
        raise InputError(
            f"{file}: its header says {_size(wanted)} of content, and {_size(free)} "
            "of memory are free; keep only what is needed, or convert a table in "
            "parts with elman.data.to_memmap"
        )


def available_bytes() -> int | None:
    """Return how much this process may still take, None if the system does not tell."""
    found = []
    with contextlib.suppress(OSError, ValueError, StopIteration):
        with open("/proc/meminfo") as lines:
            line = next(line for line in lines if line.startswith("MemAvailable:"))
        found.append(int(line.split()[1]) * 1024)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            with open("/proc/self/statm") as text:
                used = int(text.read().split()[0]) * resource.getpagesize()
            found.append(max(0, limit - used))
    return min(found, default=None)


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:,.0f} PB"
