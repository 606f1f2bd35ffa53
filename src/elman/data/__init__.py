"""Data as people have it: tables, sequences, times, and the bundled sample."""

from __future__ import annotations

from ._axis import TimeAxis as TimeAxis
from ._columns import numeric_column as numeric_column
from ._columns import require_column as require_column
from ._frames import to_frame as to_frame
from ._mapped import open_memmap as open_memmap
from ._mapped import to_memmap as to_memmap
from ._regular import RegularSeries as RegularSeries
from ._regular import regular_series as regular_series
from ._samples import load_bikeshare as load_bikeshare
from ._sequences import Sequences as Sequences
from ._sequences import read_sequences as read_sequences
from ._sequences import sequences_from_frame as sequences_from_frame
from ._table import read_table as read_table

__all__ = [
    "RegularSeries",
    "Sequences",
    "TimeAxis",
    "load_bikeshare",
    "numeric_column",
    "open_memmap",
    "read_sequences",
    "read_table",
    "regular_series",
    "require_column",
    "sequences_from_frame",
    "to_frame",
    "to_memmap",
]
