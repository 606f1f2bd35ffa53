"""Many series in one table: by an id, one row a series, or a ``.tsf`` file."""

from __future__ import annotations

from ._later import followed_by as followed_by
from ._layout import Layout as Layout
from ._long import apart as apart
from ._long import panel_series as panel_series
from ._panel import Panel as Panel
from ._tsf import parse_tsf as parse_tsf
from ._wide import looks_wide as looks_wide
from ._wide import wide_to_long as wide_to_long

__all__ = [
    "Layout",
    "Panel",
    "apart",
    "followed_by",
    "looks_wide",
    "panel_series",
    "parse_tsf",
    "wide_to_long",
]
