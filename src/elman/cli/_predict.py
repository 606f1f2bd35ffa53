"""``elman predict``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elman._errors import InputError

from . import _options as opt
from ._deliver import WRITERS, check_format, deliver
from ._destination import check_destination
from ._output import Output

if TYPE_CHECKING:
    import polars as pl


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DATA]",
            help="A file like the one trained on; a forecast goes on from the"
            " training data if not given.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Write instead of showing: {', '.join(WRITERS)}.",
        ),
    ] = None,
    label: opt.Label = None,
    id_: opt.Id = None,
    time: Annotated[
        str | None, typer.Option("--time", help="Column that orders rows of an id.")
    ] = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Predict with a trained run.

    On a terminal shows the first rows; piped, writes CSV.

    Example: elman predict runs/bikes-1 new.csv --out predictions.csv

    Example: elman predict runs/vowels-1 JapaneseVowels_TEST.ts --json
    """
    if out is not None:
        check_format("--out", out)
        check_destination("--out", out, force)
    table = _table(run, data)
    import elman

    estimator = elman.load(run)
    if estimator.task == "forecast":
        if data is None:
            frame = estimator.predict()
        else:
            from elman.data import read_table

            table = read_table(data) if table is None else table
            frame = estimator.predict(table, source=str(data))
        scores: dict[str, float] = {}
    else:
        if data is None:
            raise InputError("name the file with the sequences: elman predict RUN DATA")
        from ._predict_sequences import predict_sequences

        given = opt.given(label=label, id=id_, time=time)
        frame, scores = predict_sequences(estimator, data, given)
    deliver(frame, scores, out, Output(as_json))


def _table(run: Path, data: Path | None) -> pl.DataFrame | None:
    """Return the data of a forecast, read and looked at before torch is loaded.

    None where that is for others to do: of sequences, and of a run directory that
    is damaged, which loading it explains.
    """
    try:
        content = tomllib.loads((run / "run.toml").read_text(encoding="utf-8"))
        if data is None or content["task"] != "forecast":
            return None
        fitted = content["fitted"]
        described = fitted["preparation"]
        covariates = [*described.get("known", []), *described.get("past", [])]
        names = [
            *described["targets"],
            *(column["name"] for column in covariates),
            *fitted["axis"]["columns"],
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    from elman.data import read_table, require_column

    table = read_table(data)
    for name in names:
        require_column(table, name, data)
    return table
