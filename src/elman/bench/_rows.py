"""A measured row, and what follows from it by arithmetic alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ._cases import Case


@dataclass(frozen=True)
class Row:
    """One measured case.

    Attributes
    ----------
    case : Case
    values : dict of str to float
        By peer, "elman" among them: medians in seconds; peaks in bytes in the group
        "memory".
    peak : float, optional
        Floating-point operations a second that the machine made at that time with
        its data in registers.
    """

    case: Case
    values: dict[str, float]
    peak: float | None = None

    @property
    def ratios(self) -> dict[str, float]:
        """How many times Elman's value each peer's is."""
        ours = self.values["elman"]
        return {k: v / ours for k, v in self.values.items() if k != "elman"}

    @property
    def rate(self) -> float | None:
        """Elman's floating-point operations a second, where they can be counted."""
        operations = self.case.operations
        return None if operations is None else operations / self.values["elman"]

    @property
    def share(self) -> float | None:
        """The share of the peak that is."""
        return None if self.rate is None or not self.peak else self.rate / self.peak


def against(rows: Iterable[Row], peaks: Mapping[str, float]) -> list[Row]:
    """Return the rows with the peak known at the end: a disturbed one is none.

    Parameters
    ----------
    rows : iterable of Row
    peaks : mapping of str to float
        GFLOP/s in "float32" and "float64".

    Returns
    -------
    list of Row
    """

    def peak(row: Row) -> float | None:
        dtype = "float64" if row.case.group == "float64" else "float32"
        return None if row.peak is None else peaks[dtype] * 1e9

    return [replace(row, peak=peak(row)) for row in rows]


def geometric_means(rows: Iterable[Row], group: str) -> dict[str, dict[str, float]]:
    """Return the geometric mean of a group's ratios.

    Parameters
    ----------
    rows : iterable of Row
    group : str

    Returns
    -------
    dict of str to dict of str to float
        By cell, then by peer.
    """
    logs: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if row.case.group == group:
            for peer, ratio in row.ratios.items():
                found = logs.setdefault(row.case.cell, {}).setdefault(peer, [])
                found.append(math.log(ratio))
    return {
        cell: {peer: math.exp(sum(v) / len(v)) for peer, v in peers.items()}
        for cell, peers in logs.items()
    }


def slower(rows: Iterable[Row]) -> list[tuple[Row, str, float]]:
    """Return the rows in which a peer is better, with the peer and the ratio.

    Parameters
    ----------
    rows : iterable of Row

    Returns
    -------
    list of (Row, str, float)
        The worst first.
    """
    found = [(r, p, x) for r in rows for p, x in r.ratios.items() if x < 1]
    return sorted(found, key=lambda entry: entry[2])
