"""The table that a forecast is trained on, with many series in any of their forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from elman._errors import InputError

if TYPE_CHECKING:
    from elman.data import Table


def forecast_table(
    data: Path,
    *,
    encoding: str | None,
    missing: Sequence[str] | None,
    ids: Sequence[str],
    wide: bool | None,
    test: Path | None,
) -> tuple[Table, int | None]:
    """Read a table; return it and the steps at the end of each series to test on.

    Parameters
    ----------
    data : path
    encoding, missing : as for `elman.data.open_table`
    ids : sequence of str
        Columns that stay the texts that stand in the file.
    wide : bool or None
        Whether it has a row for each series; None looks.
    test : path or None
        A file like the first with the values that follow.

    Raises
    ------
    InputError
        A file cannot be read, or the test file does not go with the other.
    """
    table = opened(data, encoding, missing, ids, wide)
    if test is None:
        return table, None
    from elman.data import followed_by

    layout = table.layout
    if layout is not None and layout.wide:
        wide = True  # However few columns there are.
    later = opened(test, encoding, missing, ids, wide)
    if layout is None or later.layout is None:
        raise InputError(
            "--test-file goes with a table that has a row for each series, or a .tsf"
            " file; append the rows of other tables, and give --test-from"
        )
    frame, steps = followed_by(
        table.frame,
        later.frame,
        layout.id,
        layout.target,
        (table.source, later.source),
    )
    horizon = layout.horizon or steps
    return replace(table, frame=frame, layout=replace(layout, horizon=horizon)), steps


def opened(
    path: Path,
    encoding: str | None,
    missing: Sequence[str] | None,
    ids: Sequence[str],
    wide: bool | None,
) -> Table:
    """Return a file's table, with a row for each step of each series."""
    from elman.data import as_long, looks_wide, open_table

    gone = list(missing) if missing else None
    table = open_table(path, encoding=encoding, missing=gone, text=tuple(ids))
    first = table.frame.columns[0]
    named = wide or (wide is None and looks_wide(table.frame))
    if table.layout is None and named and table.frame.schema[first].is_numeric():
        # A series called 007 is not called 7.
        table = open_table(path, encoding=encoding, missing=gone, text=(first,))
    return as_long(table, wide)
