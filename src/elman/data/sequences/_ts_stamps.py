"""Values with time stamps in a ``.ts`` file: ``(stamp,value),(stamp,value):…``."""

from __future__ import annotations

import re

import numpy as np

from elman._errors import InputError

_PAIR = re.compile(r"\(\s*([^(),]*?)\s*,\s*([^(),]*?)\s*\)")
_LIST = re.compile(r"^\s*(\([^()]*\)\s*,?\s*)*$")


def split_stamped(line: str) -> list[str]:
    """Return the channels and the label; colons in brackets divide nothing."""
    return re.split(r":(?![^(]*\))", line)


class Spacing:
    """Takes values from their stamps, and keeps the steps between these.

    Attributes
    ----------
    steps : set
        Steps met so far: seconds between dates, or differences of numbers.
    dated : bool
        Whether the stamps are dates.
    """

    def __init__(self) -> None:
        self.steps: set[float] = set()
        self.dated = False

    def values(self, text: str, where: str, channel: int) -> str:
        """Return the values of a channel, divided by commas.

        Raises
        ------
        InputError
            The text is no list of pairs, or its stamps are not evenly spaced.
        """
        at = f"{where}, channel {channel}"
        pairs = _PAIR.findall(text)
        if not pairs or not _LIST.match(text) or len(pairs) != text.count("("):
            raise InputError(
                f"{at}: expected (time,value),(time,value),… as '@timeStamps true'"
                f" says, found {text.strip()[:30]!r}"
            )
        stamps = self._read([stamp for stamp, _ in pairs], at)
        gaps = np.diff(stamps)
        if len(gaps):
            step = float(np.median(gaps))
            off = np.flatnonzero(np.abs(gaps - step) > 1e-6 * abs(step))
            if len(off) or step <= 0:
                i = int(off[0]) if len(off) else 0
                raise InputError(
                    f"{at}: the times {pairs[i][0]} and {pairs[i + 1][0]} are not as"
                    " far apart as the others, and sequences are read step by step;"
                    " bring the values to an even spacing"
                )
            self.steps.add(float(f"{step:.9g}"))
        return ",".join(value for _, value in pairs)

    def notes(self) -> list[str]:
        """Return what became of the stamps; of cases with other steps too."""
        if not self.steps:
            return []
        low, high = min(self.steps), max(self.steps)
        unit = " seconds" if self.dated else ""
        if low == high:
            return [
                f"the time stamps are evenly spaced ({low:g}{unit}) and were left out"
            ]
        return [
            f"the time stamps were left out; the step between them is {low:g}{unit} in"
            f" some sequences or channels and {high:g}{unit} in others"
        ]

    def _read(self, stamps: list[str], at: str) -> np.ndarray:
        try:
            return np.array(stamps, dtype=np.float64)
        except ValueError:
            pass
        try:
            dates = np.array([s.replace("/", "-") for s in stamps], "M8[us]")
        except ValueError:
            raise InputError(
                f"{at}: {stamps[0][:30]!r} is not a time; write numbers or"
                " YYYY-MM-DD HH:MM:SS"
            ) from None
        self.dated = True
        return dates.astype(np.int64) / 1e6
