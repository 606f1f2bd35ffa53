"""``elman update``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from elman._errors import InputError
from elman.cli import _options as opt
from elman.cli._able import check_able
from elman.cli._output import Output, plain_warnings


def update(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="The series so far, old rows and new."),
    ],
    epochs: Annotated[
        int, typer.Option(help="That the network goes on training, at most.")
    ] = 5,
    test_fraction: Annotated[
        float | None,
        typer.Option(help="Share held out at the end for scores; none if not given."),
    ] = None,
    missing: opt.Missing = None,
    encoding: opt.Encoding = None,
    out: opt.Out = None,
    force: opt.Force = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
) -> None:
    """Go on with a finished forecast's training on new rows, in a run of its own.

    Scales and sizes stay, the linear part is fitted again on all rows of DATA, and the
    network goes on from where it is. RUN itself is not changed.

    Example: elman update runs/bikes-1 bikes-until-today.csv
    """
    import elman
    from elman.cli.run._finish import finish
    from elman.cli.run._job import Job, Source
    from elman.cli.run._open_run import open_run

    from ._predict import open_like

    if out is not None and out.exists() and run.exists() and out.samefile(run):
        raise InputError(f"--out {out} is the run that is updated; name another folder")
    estimator = elman.load(run)
    check_able(run, estimator.task, "update")
    table = open_like(data, missing, encoding, estimator.reading_)
    opt.say(table.notes)
    job = Job(task="update", data=Source.of(data))
    with open_run(out, data.stem, force) as directory:
        directory.begin(job)
        estimator.progress = not quiet
        estimator.callbacks = directory.callbacks()
        with plain_warnings():
            estimator.update(table, epochs, test=test_fraction, source=table.source)
        finish(estimator, directory, Output(as_json))
