"""Data as people have it: tables, sequences, times, and the bundled sample."""

from __future__ import annotations

from ._columns import column_names as column_names
from ._columns import numeric_column as numeric_column
from ._columns import require_column as require_column
from ._frames import to_frame as to_frame
from ._given import as_long as as_long
from ._given import to_table as to_table
from ._groups import drawn_groups as drawn_groups
from ._groups import in_both as in_both
from ._mapped import open_memmap as open_memmap
from ._mapped import to_memmap as to_memmap
from ._plain_text import decode_text as decode_text
from ._plain_text import read_text as read_text
from ._samples import load_bikeshare as load_bikeshare
from ._table import Table as Table
from ._table import existing_file as existing_file
from ._table import open_table as open_table
from ._table import read_table as read_table
from .grid._axis import TimeAxis as TimeAxis
from .grid._regular import RegularSeries as RegularSeries
from .grid._regular import regular_series as regular_series
from .pairs import Pairs as Pairs
from .pairs import held_out_pairs as held_out_pairs
from .pairs import met_before as met_before
from .pairs import read_pairs as read_pairs
from .pairs import without_empty as without_empty
from .panel import Layout as Layout
from .panel import Panel as Panel
from .panel import apart as apart
from .panel import followed_by as followed_by
from .panel import looks_wide as looks_wide
from .panel import panel_series as panel_series
from .panel import wide_to_long as wide_to_long
from .sequences._sequences import Sequences as Sequences
from .sequences._sequences import holds_sequences as holds_sequences
from .sequences._sequences import open_sequences as open_sequences
from .sequences._sequences import read_sequences as read_sequences
from .sequences._sequences import sequences_from_frame as sequences_from_frame
from .sequences._sequences import sequences_of as sequences_of
from .sounds import SOUNDS as SOUNDS
from .sounds import FrontEnd as FrontEnd
from .sounds import Recordings as Recordings
from .sounds import SoundFeatures as SoundFeatures
from .sounds import bands_of as bands_of
from .sounds import holds_recordings as holds_recordings
from .sounds import matching as matching
from .sounds import read_recordings as read_recordings
from .sounds import read_sound as read_sound
from .sounds import stretching as stretching
from .text._encoding import is_utf8 as is_utf8
from .times._written import written as written
from .values._labels import as_numbers as as_numbers
from .values._labels import like as like
from .values._sentinels import column_notes as column_notes
from .values._sentinels import is_suspect_note as is_suspect_note
from .values._sentinels import suspect_notes as suspect_notes
from .values._words import KINDS as KINDS
from .values._words import kind_of_words as kind_of_words

__all__ = [
    "KINDS",
    "SOUNDS",
    "FrontEnd",
    "Layout",
    "Pairs",
    "Panel",
    "Recordings",
    "RegularSeries",
    "Sequences",
    "SoundFeatures",
    "Table",
    "TimeAxis",
    "apart",
    "as_long",
    "as_numbers",
    "bands_of",
    "column_names",
    "column_notes",
    "decode_text",
    "drawn_groups",
    "existing_file",
    "followed_by",
    "held_out_pairs",
    "holds_recordings",
    "holds_sequences",
    "in_both",
    "is_suspect_note",
    "is_utf8",
    "kind_of_words",
    "like",
    "load_bikeshare",
    "looks_wide",
    "matching",
    "met_before",
    "numeric_column",
    "open_memmap",
    "open_sequences",
    "open_table",
    "panel_series",
    "read_pairs",
    "read_recordings",
    "read_sequences",
    "read_sound",
    "read_table",
    "read_text",
    "regular_series",
    "require_column",
    "sequences_from_frame",
    "sequences_of",
    "stretching",
    "suspect_notes",
    "to_frame",
    "to_memmap",
    "to_table",
    "wide_to_long",
    "without_empty",
    "written",
]
