"""``elman predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from elman._errors import InputError

from . import _options as opt
from ._deliver import WRITERS, check_format, deliver
from ._destination import check_destination
from ._output import Output


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
    import elman

    estimator = elman.load(run)
    if estimator.task == "forecast":
        from elman.data import read_table

        if data is None:
            frame = estimator.predict()
        else:
            frame = estimator.predict(read_table(data), source=str(data))
        scores: dict[str, float] = {}
    else:
        if data is None:
            raise InputError("name the file with the sequences: elman predict RUN DATA")
        from ._predict_sequences import predict_sequences

        given = opt.given(label=label, id=id_, time=time)
        frame, scores = predict_sequences(estimator, data, given)
    deliver(frame, scores, out, Output(as_json))
