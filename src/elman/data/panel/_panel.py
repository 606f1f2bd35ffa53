"""Many series on one spacing, laid end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from elman.data.grid._axis import TimeAxis
from elman.data.grid._spacing import place_units


@dataclass(frozen=True)
class Panel:
    """Many series, each on a regular time axis of the same spacing.

    Attributes
    ----------
    ids : polars.DataFrame
        S rows: what tells the series apart, a column for each id column.
    frame : polars.DataFrame
        All steps of the first series, then of the second, and so on, without the
        columns of times and ids. Steps that the input lacked are missing in every
        column.
    starts : ndarray
        (S + 1,): series i is rows ``starts[i]`` to ``starts[i + 1]``.
    time : ndarray
        (T,): datetime64, or counts.
    axis : TimeAxis
        Of the longest series; the others have other values.
    rows : ndarray
        (T,): the row of the input each row came from, -1 for those it lacked.
    notes : list of str
        What was decided or filled in, in words.
    """

    ids: pl.DataFrame
    frame: pl.DataFrame
    starts: NDArray[np.int64]
    time: NDArray
    axis: TimeAxis
    rows: NDArray[np.int64]
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of series."""
        return self.ids.height

    @property
    def step(self) -> float:
        """Seconds from one row to the next, or 1 where rows are counted."""
        return self.axis.step

    @property
    def freq(self) -> str:
        """The spacing in words."""
        return self.axis.freq

    @property
    def names(self) -> list[str]:
        """One text for each series, for messages."""
        return [", ".join(map(str, row)) for row in self.ids.iter_rows()]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(S,): steps of each series."""
        return np.diff(self.starts)

    def spans(
        self, first: Sequence[int] | NDArray[np.int64], last: NDArray[np.int64]
    ) -> Panel:
        """Return the same with other spans: beyond the end all columns are missing.

        Parameters
        ----------
        first, last : ndarray
            (S,): where each series begins and ends, counted from its first row;
            ``last`` may lie beyond its end.
        """
        begin, lengths = np.asarray(first), self.lengths
        kept = np.minimum(last, lengths)
        sizes = last - begin
        starts = np.concatenate([[0], np.cumsum(sizes)])
        index = np.full(starts[-1], -1, dtype=np.int64)
        times = np.empty(starts[-1], dtype=self.time.dtype)
        spacing = self.axis.spacing
        for i in range(len(self)):
            old, new = self.starts[i], starts[i]
            inside = kept[i] - begin[i]
            rows = np.arange(old + begin[i], old + kept[i])
            index[new : new + inside] = rows
            times[new : new + inside] = self.time[rows]
            if last[i] > lengths[i]:
                own = self.time[old : self.starts[i + 1]]
                beyond = np.arange(lengths[i], last[i]) * spacing.stride
                times[new + inside : starts[i + 1]] = place_units(own, beyond, spacing)
        absent = index < 0
        chosen = pl.Series(index).set(pl.Series(absent), None)
        origin = np.where(absent, -1, self.rows[np.maximum(index, 0)])
        return replace(
            self,
            frame=self.frame.select(pl.all().gather(chosen)),
            starts=starts,
            time=times,
            rows=origin,
        )
