"""Which column is what, where the file itself says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """The columns of a table that a reader made of another form.

    Attributes
    ----------
    id, target : str
        Which series a row belongs to, and its value.
    time : str or None
        None where steps are counted.
    horizon : int or None
        Steps to forecast, where the file names them.
    wide : bool
        Whether the table had a row for each series.
    """

    id: str
    target: str
    time: str | None = None
    horizon: int | None = None
    wide: bool = False
