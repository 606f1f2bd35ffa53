"""``elman train forecast``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman._errors import InputError
from elman.cli import _options as opt
from elman.cli._estimator_options import training_options
from elman.cli._output import Output
from elman.cli.run import _launch

if TYPE_CHECKING:
    from elman.cli.held_out._series import SeriesParts
    from elman.cli.run._job import Job
    from elman.cli.run._members import Follower
    from elman.cli.run._run_directory import RunDirectory

_DEFAULT_TEST = 0.15


@training_options("forecast", before="processes")
def forecast(
    data: opt.Data,
    target: opt.Target = None,
    time: opt.Time = None,
    id_: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="COLUMN",
            help="Column that tells many series apart, such as stores; repeat or use"
            " commas for several.",
        ),
    ] = None,
    static: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Of many series: columns constant in each; found if not given.",
        ),
    ] = None,
    wide: Annotated[
        bool | None,
        typer.Option(
            "--wide/--no-wide",
            help="Each row is a series, its name first; found if not given.",
        ),
    ] = None,
    known: opt.Known = None,
    past: opt.Past = None,
    ignore: opt.Ignore = None,
    weight: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of how much each row counts in the training."
        ),
    ] = None,
    missing: opt.Missing = None,
    encoding: opt.Encoding = None,
    test_fraction: Annotated[
        float | None,
        typer.Option(help=f"Share held out at the end; {_DEFAULT_TEST} if not given."),
    ] = None,
    test_from: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Hold out everything from this time on; where rows are counted, from"
            " this row (the first is 0).",
        ),
    ] = None,
    test_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Test on what follows: a file like the first, a row for each series.",
        ),
    ] = None,
    processes: opt.Processes = None,
    nodes: opt.Nodes = None,
    out: opt.Out = None,
    tensorboard: opt.TensorBoard = None,
    force: opt.Force = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
    options: Any = None,
    begin: Any = None,
) -> None:
    """Forecast one or many series from a table with a row for each step.

    Trains a blend of ridge regression and exponential smoothing and a recurrent
    correction of it, compares both with simple baselines on a held-out end, and
    writes a run directory.

    Example: elman train forecast bikes.csv --target count --time time --horizon 24

    Example: elman train forecast air.csv --target pm2.5 --known holiday

    Example: elman train forecast sales.csv --target sales --time date --id store
    """
    given = {
        "--test-fraction": test_fraction,
        "--test-from": test_from,
        "--test-file": test_file,
    }
    if len(both := [name for name, value in given.items() if value is not None]) > 1:
        raise InputError(f"give {both[0]} or {both[1]}, not both")
    _launch.start(processes, nodes)
    from elman.cli._forecast_table import forecast_table

    gone = opt.split_missing(missing)
    ids = [name for value in id_ or [] for name in value.split(",")]
    table, steps = forecast_table(
        data,
        encoding=encoding,
        missing=gone,
        ids=ids,
        wide=wide if target is None or wide else False,
        test=test_file,
    )
    columns = table.frame.columns
    own = table.layout is not None and target is None
    targets = None if own else opt.targets_of(target, table.frame, table.source)

    from elman.cli.held_out._series import SeriesParts
    from elman.cli.run import _train

    held_out = _DEFAULT_TEST if test_fraction is None else test_fraction
    fit = {
        "target": targets,
        "time": time,
        "id": ids or None,
        "static": opt.split_names(static, columns) or None,
        "wide": wide,
        "known": opt.split_names(known, columns),
        "past": opt.split_names(past, columns) or None,
        "ignore": opt.split_names(ignore, columns),
        "sample_weight": weight,
        "test": steps or test_from or held_out,
        "missing": gone,
        "encoding": encoding,
    }
    parts = SeriesParts(table, steps, test_file)
    (begin or partial(_train.begin, do=train))(
        "forecast",
        data,
        fit,
        options,
        (out, force, quiet, as_json),
        tensorboard,
        lambda job, path: parts,
    )


def train(
    job: Job,
    run: RunDirectory | Follower,
    parts: SeriesParts,
    out: Output,
    quiet: bool,
) -> None:
    """Train on a table, from the start or from a checkpoint."""
    from elman.cli._naming import naming
    from elman.cli.run._finish import finish
    from elman.cli.run._incomplete import kept
    from elman.tasks import Forecaster

    run.begin(job)
    forecaster = Forecaster(
        **job.arguments(),
        progress=not quiet,
        callbacks=run.callbacks(),
        checkpoints=run.checkpoints(),
    )
    name = job.data.name if job.data else ""
    with kept(forecaster, run), naming(name, forecaster):
        forecaster.fit(parts.table, **parts.fitting(job))
    finish(forecaster, run, out)
