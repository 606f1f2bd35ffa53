"""``elman train forecast``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman._errors import InputError

from . import _launch
from . import _options as opt
from ._estimator_options import training_options
from ._output import Output

if TYPE_CHECKING:
    from ._job import Job
    from ._members import Follower
    from ._run_directory import RunDirectory

_DEFAULT_TEST = 0.15


@training_options("forecast", before="processes")
def forecast(
    data: opt.Data,
    target: opt.Target = None,
    time: opt.Time = None,
    known: opt.Known = None,
    past: opt.Past = None,
    ignore: opt.Ignore = None,
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
    processes: opt.Processes = None,
    nodes: opt.Nodes = None,
    out: opt.Out = None,
    tensorboard: opt.TensorBoard = None,
    force: opt.Force = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
    options: Any = None,
) -> None:
    """Forecast a series from a table with a row for each step.

    Trains a ridge regression and a recurrent correction of it, compares both
    with simple baselines on a held-out end, and writes a run directory.

    Example: elman train forecast bikes.csv --target count --time time --horizon 24

    Example: elman train forecast air.csv --target pm2.5 --known holiday
    """
    if test_fraction is not None and test_from is not None:
        raise InputError("give --test-fraction or --test-from, not both")
    _launch.start(processes, nodes)
    from elman.data import open_table

    gone = opt.split_missing(missing)
    table = open_table(data, encoding=encoding, missing=gone)
    columns = table.frame.columns
    targets = opt.targets_of(target, table.frame, table.source)

    from ._job import Job, Source
    from ._open_run import open_run

    every = options.pop("checkpoint_every", None)
    held_out = _DEFAULT_TEST if test_fraction is None else test_fraction
    fit = {
        "target": targets,
        "time": time,
        "known": opt.split_names(known, columns),
        "past": opt.split_names(past, columns) or None,
        "ignore": opt.split_names(ignore, columns),
        "test": test_from or held_out,
        "missing": gone,
        "encoding": encoding,
    }
    with open_run(out, data.stem, force) as run:
        job = Job(task="forecast", options=options, checkpoint_every=every, fit=fit)
        job.tensorboard = opt.absolute(tensorboard)
        job.data = Source.of(data)
        train(job, run, table, Output(as_json), quiet)


def train(
    job: Job, run: RunDirectory | Follower, frame: Any, out: Output, quiet: bool
) -> None:
    """Train on a table, from the start or from a checkpoint."""
    from elman.tasks import Forecaster

    from ._finish import finish
    from ._incomplete import kept
    from ._naming import naming

    run.begin(job)
    forecaster = Forecaster(
        **job.arguments(),
        progress=not quiet,
        callbacks=run.callbacks(),
        checkpoints=run.checkpoints(),
    )
    name = job.data.name if job.data else ""
    fit = {key: value for key, value in job.fit.items() if key != "encoding"}
    with kept(forecaster, run), naming(name, forecaster):
        forecaster.fit(frame, **fit, source=getattr(frame, "source", name))
    finish(forecaster, run, out)
