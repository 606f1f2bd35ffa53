"""The values that follow those of many series, from a table of their own."""

from __future__ import annotations

import polars as pl

from elman._errors import InputError
from elman.data._columns import place, require_column


def followed_by(
    frame: pl.DataFrame,
    later: pl.DataFrame,
    id_: str,
    target: str,
    sources: tuple[object, object],
) -> tuple[pl.DataFrame, int]:
    """Return a long table with the rows of another after those of each series.

    Parameters
    ----------
    frame, later : polars.DataFrame
        A row for each step of each series.
    id_, target : str
        Columns of both.
    sources : tuple
        The files to name in messages.

    Returns
    -------
    frame : polars.DataFrame
    steps : int
        How many each series gained.

    Raises
    ------
    InputError
        Other series, other columns, or not the same number of steps for each.
    """
    where = place(sources[1])
    for name in frame.columns:
        require_column(later, name, sources[1])
    later = later.select(frame.columns)
    known = frame[id_].unique(maintain_order=True).cast(pl.String)
    found = later[id_].unique(maintain_order=True).cast(pl.String)
    strange = found.filter(~found.is_in(known.to_list()))
    if len(strange):
        raise InputError(
            f"{where}series {strange[0]!r} is not in {sources[0]}, nor are"
            f" {len(strange) - 1} others; the test file holds the values that follow"
            " those of the same series"
        )
    if len(found) < len(known):
        lacking = known.filter(~known.is_in(found.to_list()))
        raise InputError(
            f"{where}series {lacking[0]!r} is not there ({len(lacking)} of"
            f" {len(known)}); the test file holds what follows each series of"
            f" {sources[0]}"
        )
    counts = later.group_by(id_, maintain_order=True).len()
    steps = int(counts["len"][0])
    odd = counts.filter(pl.col("len") != steps)
    if odd.height:
        raise InputError(
            f"{where}series {odd[id_][0]!r} has {odd['len'][0]} values and"
            f" {counts[id_][0]!r} {steps}; a test file holds as many for each"
        )
    kinds = {name: frame.schema[name] for name in frame.columns}
    try:
        later = later.cast(kinds)  # type: ignore[arg-type]
    except pl.exceptions.PolarsError:
        name = next(n for n in frame.columns if later.schema[n] != kinds[n])
        raise InputError(
            f"{where}column {name!r} is of type {later.schema[name]}, in {sources[0]}"
            f" of {kinds[name]}"
        ) from None
    return pl.concat([frame, later]), steps
