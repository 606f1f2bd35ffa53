"""``elman predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from elman._errors import InputError

from . import _options as opt
from ._destination import check_destination
from ._output import Output, number

_MOST_ROWS = 30


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
        typer.Option(metavar="FILE", help="Write .csv or .parquet instead of showing."),
    ] = None,
    label: opt.Label = None,
    id_: opt.Id = None,
    time: Annotated[
        str | None, typer.Option("--time", help="Column that orders rows of an id.")
    ] = None,
    missing: opt.Missing = None,
    encoding: opt.Encoding = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Predict with a trained run.

    On a terminal shows the first rows; piped, writes CSV.

    Example: elman predict runs/bikes-1 new.csv --out predictions.csv

    Example: elman predict runs/vowels-1 JapaneseVowels_TEST.ts --json
    """
    if out is not None:
        check_destination("--out", out, force)
    import elman

    estimator = elman.load(run)
    if estimator.task == "forecast":
        from elman.data import open_table

        if data is None:
            frame = estimator.predict()
        else:
            how = estimator.reading_
            how["missing"] = [*how["missing"], *(opt.split_missing(missing) or ())]
            table = open_table(data, encoding=encoding, **how)
            opt.say(table.notes)
            frame = estimator.predict(table, source=table.source)
        scores: dict[str, float] = {}
    else:
        if data is None:
            raise InputError("name the file with the sequences: elman predict RUN DATA")
        from ._predict_sequences import predict_sequences

        given = opt.given(label=label, id=id_, time=time, encoding=encoding)
        given |= opt.given(missing=opt.split_missing(missing))
        frame, scores = predict_sequences(estimator, data, given)
    _deliver(frame, scores, out, Output(as_json))


def _deliver(
    frame: Any, scores: dict[str, float], path: Path | None, out: Output
) -> None:
    """Write the predictions to a file, or show them."""
    if path is not None:
        partial = path.with_name(path.name + ".partial")
        try:
            if path.suffix.lower() in (".parquet", ".pq"):
                frame.write_parquet(partial)
            else:
                frame.write_csv(partial, datetime_format="%Y-%m-%dT%H:%M:%S%.f")
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
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
        typer.echo(frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.f"), nl=False)
    if scores and (path is not None or out.rich):
        out.pairs([(name, number(value)) for name, value in scores.items()])
    written = {} if path is None else {"written": str(path)}
    rows_of: Any = frame if not out.as_json else _json_rows(frame)
    out.document(
        {"rows": frame.height, "scores": scores, "predictions": rows_of, **written}
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
