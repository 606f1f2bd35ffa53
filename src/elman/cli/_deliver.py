"""Predictions on their way out: to a file, a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from elman._errors import InputError

from ._output import Output, number

_MOST_ROWS = 30
_TIME = "%Y-%m-%dT%H:%M:%S%.f"


def _csv(frame: Any, path: Path) -> None:
    _with_text(frame).write_csv(path)


def _tsv(frame: Any, path: Path) -> None:
    _with_text(frame).write_csv(path, separator="\t")


def _parquet(frame: Any, path: Path) -> None:
    frame.write_parquet(path)


def _json(frame: Any, path: Path) -> None:
    _with_text(frame).write_json(path)


def _lines(frame: Any, path: Path) -> None:
    _with_text(frame).write_ndjson(path)


WRITERS: dict[str, Callable[[Any, Path], None]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".parquet": _parquet,
    ".pq": _parquet,
    ".json": _json,
    ".jsonl": _lines,
    ".ndjson": _lines,
}
"""How to write a table, by the ending of the file's name."""


def check_format(option: str, path: Path) -> None:
    """Raise unless the ending of a file's name is one of a format that is written.

    Raises
    ------
    InputError
        It names another one, or none.
    """
    if path.suffix.lower() not in WRITERS:
        ending = f"ends in {path.suffix!r}" if path.suffix else "has no ending"
        raise InputError(
            f"{option} {path} {ending}; predictions are written as"
            f" {', '.join(WRITERS)}, such as {path.with_suffix('.csv')}"
        )


def write_table(frame: Any, path: Path) -> None:
    """Write a table to a file, as a whole or not at all.

    Parameters
    ----------
    frame : polars.DataFrame
    path : Path
        Checked with `check_format`.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        WRITERS[path.suffix.lower()](frame, partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def deliver(
    frame: Any, scores: dict[str, float], path: Path | None, out: Output, form: str = ""
) -> None:
    """Write the predictions to a file, or show them.

    Parameters
    ----------
    frame : polars.DataFrame
    scores : dict of str to float
        Where the data held the truth.
    path : Path or None
        Checked with `check_format`.
    out : Output
    form : str
        In which the data wrote their times, see `elman.data.written`; "" for ISO.
        Parquet has a type for times, and needs none.
    """
    if form and (path is None or path.suffix.lower() not in (".parquet", ".pq")):
        frame = _in_form(frame, form)
    if path is not None:
        write_table(frame, path)
        out.line(f"{frame.height} rows written to {path}")
    elif out.rich:
        rows = [[_cell(v) for v in row] for row in frame.head(_MOST_ROWS).iter_rows()]
        out.table(frame.columns, rows)
        if frame.height > _MOST_ROWS:
            out.line(
                f"the first {_MOST_ROWS} of {frame.height} rows;"
                " --out FILE writes all of them"
            )
    elif not out.as_json:
        typer.echo(_with_text(frame).write_csv(), nl=False)
    if scores and (path is not None or out.rich):
        out.pairs([(name, number(value)) for name, value in scores.items()])
    written = {} if path is None else {"written": str(path)}
    rows_of: Any = frame if not out.as_json else _json_rows(frame)
    out.document(
        {"rows": frame.height, "scores": scores, "predictions": rows_of, **written}
    )


def _in_form(frame: Any, form: str) -> Any:
    """Return the frame with its times as the data wrote theirs."""
    import polars as pl

    from elman.data import written

    if "time" not in frame.columns or not isinstance(frame.schema["time"], pl.Datetime):
        return frame
    times = written(frame["time"].to_numpy(), form)
    return frame.with_columns(times.alias("time"))


def _with_text(frame: Any) -> Any:
    """Return the frame with times as ISO text, those of a zone with its offset."""
    import polars as pl
    import polars.selectors as cs

    zoned = cs.datetime(time_zone="*")
    return frame.with_columns(
        zoned.dt.strftime(f"{_TIME}%:z"),
        (cs.datetime() - zoned).dt.strftime(_TIME),
        cs.date().cast(pl.String),
    )


def _json_rows(frame: Any) -> list[dict[str, Any]]:
    return [
        {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in row.items()
        }
        for row in frame.iter_rows(named=True)
    ]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    return str(value)
