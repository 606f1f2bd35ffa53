"""Options that several commands share, each declared once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman._errors import InputError

if TYPE_CHECKING:
    import polars as pl

RUN = "Output"

Data = Annotated[Path, typer.Argument(metavar="DATA", help="CSV, TSV or Parquet file.")]
Target = Annotated[
    list[str] | None,
    typer.Option(help="Column to forecast; several with commas or repeated."),
]
Time = Annotated[
    str | None,
    typer.Option(
        help="Column of times, or several with commas (year,month,day,hour); found"
        " if not given; '' counts rows."
    ),
]
Horizon = Annotated[int, typer.Option(help="Steps to forecast.")]
Known = Annotated[
    list[str] | None,
    typer.Option(help="Columns whose future is known, such as a holiday."),
]
Past = Annotated[
    list[str] | None,
    typer.Option(help="Columns known up to now; every other one if not given."),
]
Ignore = Annotated[list[str] | None, typer.Option(help="Columns to leave out.")]
Missing = Annotated[
    list[str] | None,
    typer.Option(
        help="Value that means missing, such as -9999; several with commas or repeated."
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(help="Of a text file, such as cp1252; found if not given."),
]
Label = Annotated[
    str | None,
    typer.Option(help="Column of the label or target, in a CSV or Parquet file."),
]
Id = Annotated[
    str | None,
    typer.Option("--id", help="Column that says which sequence a row belongs to."),
]
Order = Annotated[
    str | None, typer.Option("--time", help="Column that orders rows of an id.")
]
Group = Annotated[
    str | None,
    typer.Option(
        help="Column of what stays together, such as speakers: never trained on and"
        " scored on at once.",
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        help="Train in so many processes of this machine.", rich_help_panel=RUN
    ),
]
Nodes = Annotated[
    int | None,
    typer.Option(
        help="Print the command for so many machines, and end.", rich_help_panel=RUN
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Run directory to write; runs/NAME-1, -2, … if not given.",
        rich_help_panel=RUN,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite.", rich_help_panel=RUN)]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="No progress.", rich_help_panel=RUN),
]
TensorBoard = Annotated[
    Path | None,
    typer.Option(
        "--tensorboard",
        metavar="DIR",
        help="Write curves and gradient flow for TensorBoard there.",
        rich_help_panel=RUN,
    ),
]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME,…", help="Columns of categories, where values do not tell."
    ),
]
Texts = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME,…", help="Columns of short texts, read by their words."),
]
Numbers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME,…", help="Columns of numbers, though words stand there."
    ),
]
Gaps = Annotated[
    str | None,
    typer.Option(
        metavar="auto|on|off",
        help="Whether the time since the step before is a channel; auto: if it varies.",
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document instead.", rich_help_panel=RUN
    ),
]


def given(**options: Any) -> dict[str, Any]:
    """Return the options the user gave: defaults live in the estimators alone."""
    return {name: value for name, value in options.items() if value is not None}


def absolute(path: Path | None) -> str | None:
    """Return a path as text that holds in any folder."""
    return None if path is None else str(path.absolute())


def targets_of(
    values: Sequence[str] | None, frame: pl.DataFrame, data: Path | str
) -> list[str]:
    """Return the columns to forecast; each exists and holds numbers."""
    from elman.data import numeric_column

    columns = frame.columns
    names = split_names(values, columns)
    if not names:
        raise InputError(
            f"{data}: name the column to forecast with --target (columns:"
            f" {', '.join(columns[:12])}{', …' if len(columns) > 12 else ''})"
        )
    for name in names:
        # Checked before gaps are filled, so that a message names the file's row.
        numeric_column(frame, name, data)
    return names


def split_missing(values: Sequence[str] | None) -> list[str] | None:
    """Return the values that mean missing from repeated options and comma lists."""
    for value in values or []:
        if re.match(r"^\s*[+-]?\d+,\d+\s*$", value):
            raise InputError(
                f"--missing {value} may be one value or two; write a decimal point, or"
                " repeat --missing for each value"
            )
    parts = [part.strip() for value in values or [] for part in value.split(",")]
    return [part for part in parts if part] or None


def sequence_columns(
    label: str | None,
    id_: str | None,
    time: str | None,
    encoding: str | None,
    missing: Sequence[str] | None,
    group: str | None = None,
    kinds: Mapping[str, Sequence[str] | None] | None = None,
    gaps: str | None = None,
) -> dict[str, Any]:
    """Return what the options say of a file of sequences, as its reader takes it.

    `kinds` are the columns named for each kind, such as "category".
    """
    if gaps not in (None, "auto", "on", "off"):
        raise InputError(f"--gaps must be auto, on or off, got {gaps!r}")
    return {
        "label": label,
        "id": id_,
        "time": time,
        "encoding": encoding,
        "missing": split_missing(missing),
        "kinds": _by_column(kinds or {}),
        "gaps": gaps or "auto",
        "group": group,
    }


def _by_column(kinds: Mapping[str, Sequence[str] | None]) -> dict[str, str]:
    """Return the kind of each column that was named."""
    found: dict[str, str] = {}
    for kind, values in kinds.items():
        for name in split_names(values, ()):
            if found.get(name, kind) != kind:
                raise InputError(
                    f"column {name!r} is named as {found[name]} and as {kind}; name it"
                    " once"
                )
            found[name] = kind
    return found


def say(notes: Sequence[str]) -> None:
    """Say what was decided while a file was read, where no report will hold it."""
    for note in notes:
        typer.echo(f"elman: note: {note}", err=True)


def split_names(values: Sequence[str] | None, columns: Sequence[str]) -> list[str]:
    """Return column names from repeated options and comma lists.

    A value that is itself a column's name is not split.
    """
    names: list[str] = []
    for value in values or []:
        parts = [value] if value in columns else value.split(",")
        names += [part.strip() for part in parts if part.strip()]
    return names
