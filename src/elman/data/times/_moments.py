"""What is read from a column of times."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from elman._errors import InputError


class NoSuchTimeError(InputError):
    """What is written looks like a time, but no calendar or clock has it."""


@dataclass(frozen=True)
class Stamps:
    """A column of times read.

    Attributes
    ----------
    values : numpy.ndarray
        Shape (rows,): datetime64 in s, or in ms or us where seconds are too
        coarse; or int64 counts.
    notes : list of str
        What was decided on the way.
    local : numpy.ndarray or None
        Where times carry a zone: the same on that zone's clocks; `values` are
        UTC.
    zone : str
        The zone, as a note may call it.
    per : int
        Parts of a count: values of 5 with 10 parts are half a count.
    """

    values: np.ndarray
    notes: list[str] = field(default_factory=list)
    local: np.ndarray | None = None
    zone: str = ""
    per: int = 1


def reduced(micro: np.ndarray) -> np.ndarray:
    """Return microseconds since 1970 as datetime64 in the coarsest unit that fits."""
    for unit, size in (("s", 10**6), ("ms", 1000)):
        if not (micro % size).any():
            return np.asarray((micro // size).astype(f"M8[{unit}]"))
    return np.asarray(micro.astype("M8[us]"))
