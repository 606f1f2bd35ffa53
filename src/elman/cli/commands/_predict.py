"""``elman predict``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman._errors import InputError
from elman.cli import _options as opt
from elman.cli._deliver import WRITERS, check_format, deliver
from elman.cli._destination import check_destination
from elman.cli._output import Output, plain_warnings
from elman.tasks import TASKS

if TYPE_CHECKING:
    from elman.data import Table


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
    horizon: Annotated[
        int | None,
        typer.Option(help="Steps to forecast, if not those trained for."),
    ] = None,
    label: opt.Label = None,
    id_: opt.Id = None,
    time: opt.Order = None,
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
        check_format("--out", out)
        if data is not None and data.exists() and out.exists() and out.samefile(data):
            raise InputError(
                f"--out {out} is the file that is read; name another, it would be lost"
            )
        check_destination("--out", out, force)
    table, known = None, _reading(run)
    if data is not None and known is not None:
        from elman.data import require_column

        how, names = known
        table = open_like(data, missing, encoding, how)
        for name in names:
            require_column(table.frame, name, table.source)
    import elman

    estimator = elman.load(run)
    if TASKS[estimator.task].data == "series":
        if data is None:
            with plain_warnings():
                frame = estimator.predict(horizon=horizon)
        else:
            if table is None:
                table = open_like(data, missing, encoding, estimator.reading_)
            opt.say(table.notes)
            with plain_warnings():
                frame = estimator.predict(table, horizon, source=table.source)
        scores: dict[str, float] = {}
    elif TASKS[estimator.task].data == "text":
        raise InputError(
            f"{run} is a run of {estimator.task}; write with it: elman generate {run};"
            f" score a text: elman score {run} TEXT"
        )
    elif TASKS[estimator.task].data == "pairs":
        raise InputError(
            f"{run} is a run of {estimator.task}; translate with it: elman translate"
            f" {run} TEXT"
        )
    else:
        if horizon is not None:
            raise InputError(
                f"--horizon is for forecasts; {run} predicts for whole sequences"
            )
        if data is None:
            raise InputError("name the file with the sequences: elman predict RUN DATA")
        from elman.cli._predict_sequences import predict_sequences

        given = opt.given(label=label, id=id_, time=time, encoding=encoding)
        given |= opt.given(missing=opt.split_missing(missing))
        frame, scores = predict_sequences(estimator, data, given)
    form = getattr(estimator, "axis_", {}).get("form", "")
    deliver(frame, scores, out, Output(as_json), form)


def open_like(
    data: Path, missing: list[str] | None, encoding: str | None, how: dict[str, Any]
) -> Table:
    """Return a table read as the one trained on was."""
    from elman.data import open_table

    gone = [*how["missing"], *(opt.split_missing(missing) or ())]
    if how.get("wide"):
        from elman.cli._forecast_table import opened

        return opened(data, encoding, gone, (), wide=True)
    return open_table(data, encoding=encoding, **{**how, "missing": gone})


def _reading(run: Path) -> tuple[dict[str, Any], list[str]] | None:
    """Return how a forecast's data are read, and the columns it needs.

    From the run directory alone, before torch is loaded. None where that is for
    others to do: of sequences, and of a run directory that is damaged, which loading
    it explains.
    """
    try:
        content = tomllib.loads((run / "run.toml").read_text(encoding="utf-8"))
        if TASKS[content["task"]].data != "series":
            return None
        fitted = content["fitted"]
        described = fitted["preparation"]
        roles = ("known", "past", "static")
        covariates = [column for role in roles for column in described.get(role, [])]
        names = [
            *described["targets"],
            *(column["name"] for column in covariates),
            *fitted["axis"]["columns"],
            *fitted.get("ids", {}),
        ]
        if fitted.get("wide"):
            # The columns are made of the file's rows.
            return {"missing": list(fitted.get("missing", [])), "wide": True}, []
        words = [c["name"] for c in covariates if c["kind"] == "category"]
        texts = [name for name, kind in fitted.get("ids", {}).items() if kind == "text"]
        how = {"missing": list(fitted.get("missing", [])), "words": words}
        return (how | {"text": texts} if texts else how), names
    except (OSError, ValueError, KeyError, TypeError):
        return None
