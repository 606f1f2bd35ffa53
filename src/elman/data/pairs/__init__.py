"""Pairs of texts from a table with a tab, or from two files line by line."""

from __future__ import annotations

from ._pairs import Pairs as Pairs
from ._pairs import without_empty as without_empty
from ._parted import held_out_pairs as held_out_pairs
from ._parted import met_before as met_before
from ._read import read_pairs as read_pairs

__all__ = ["Pairs", "held_out_pairs", "met_before", "read_pairs", "without_empty"]
