"""What a forecaster of many series is given, as a panel."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from elman._errors import InputError
from elman.data import (
    Layout,
    Panel,
    apart,
    as_long,
    column_names,
    column_notes,
    panel_series,
    require_column,
    to_table,
)
from elman.tasks.forecast.answers._form import is_names

from ._series import Rows, SeriesSet

Names = str | Sequence[str]


@dataclass(frozen=True)
class Given:
    """Many series to learn from, and what the table itself says of its columns."""

    panel: Panel
    target: str
    horizon: int | None
    missing: list[str]
    source: object
    wide: bool


def given_panel(
    frame: Any,
    target: Any,
    y: Any,
    time: Names | None,
    id_: Names | None,
    wide: bool | None,
    missing: Any,
    source: object,
) -> Given | None:
    """Return the panel to fit, or None where the table is one series."""
    if y is not None or not is_names(target):
        if id_ is not None:
            raise InputError("many series come in one frame: name the target in it")
        return None
    table = to_table(frame, missing=missing)
    # A table with a row for each series has no column to name as the target.
    table = as_long(table, wide if target is None or wide else False)
    layout = table.layout
    if id_ is None and layout is None:
        found = apart(table.frame, target, time, table.source)
        if not found:
            return None
        said = ", ".join(map(repr, found))
        table = dataclasses.replace(
            table,
            notes=[
                *table.notes,
                f"times repeat, and column {said} tells the series apart: it was taken"
                " as the id",
            ],
        )
        id_ = found
    layout = layout or Layout("", "")
    source = source if source and str(source) != table.source else table.source or None
    names = [] if target is None else column_names("target", target)
    if not names and not layout.target:
        raise InputError("target is missing; name the column to forecast")
    if len(names) > 1:
        raise InputError(
            f"many series have one target, got {len(names)}: {', '.join(names)}; fit a"
            " forecaster for each, or stack them as further series"
        )
    chosen = names[0] if names else layout.target
    require_column(table.frame, chosen, source)
    panel = panel_series(
        table.frame,
        layout.id if id_ is None else id_,
        (layout.time or "") if table.layout and time is None else time,
        source,
    )
    if chosen not in panel.frame.columns:
        raise InputError(f"{chosen!r} is the target, it cannot be the id or the time")
    about = column_notes(panel.frame, panel.frame.columns, str(source or ""))
    panel = dataclasses.replace(panel, notes=[*table.notes, *about, *panel.notes])
    missing = list(table.missing.words)
    return Given(panel, chosen, layout.horizon, missing, source, layout.wide)


def read_panel(forecaster: Any, frame: Any, source: object) -> Panel:
    """Return the panel of a frame like the one fitted on; the ids may be others."""
    preparation, ids = forecaster.model_.preparation, forecaster.ids_
    words = [c.name for c in preparation.columns if c.kind == "category"]
    table = to_table(frame, missing=forecaster.missing_, words=words)
    source = source if source and str(source) != table.source else table.source or None
    long = preparation.target in table.frame.columns
    table = as_long(table, forecaster.wide_ and not long)
    axis = forecaster.axis_
    for name in [
        preparation.target,
        *(column.name for column in preparation.columns),
        *axis["columns"],
        *ids,
    ]:
        require_column(table.frame, name, source)
    panel = panel_series(
        table.frame, ids, axis["columns"] or "", source, freq=axis["freq"]
    )
    if panel.freq != axis["freq"] and int(panel.lengths.max()) > 1:
        raise InputError(
            f"the times are {panel.freq}, the model was trained on {axis['freq']} ones"
        )
    return panel


def unknown_future(series: SeriesSet, until: Rows, horizon: int) -> Rows:
    """Return the series whose known columns do not reach over the horizon."""
    have = until - (series.stops - series.starts[:-1])
    found: Rows = np.flatnonzero(have < horizon)
    return found
