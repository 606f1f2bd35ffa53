"""``elman demo``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elman.cli import _options as opt
from elman.cli._estimator_options import some_options
from elman.cli._output import Output
from elman.cli.run import _launch

if TYPE_CHECKING:
    from elman.cli.run._job import Job
    from elman.cli.run._members import Follower
    from elman.cli.run._run_directory import RunDirectory


@some_options("random_state", before="processes")
def demo(
    processes: opt.Processes = None,
    out: opt.Out = None,
    force: opt.Force = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
    options: Any = None,
) -> None:
    """Watch a network learn a year of bike rentals, in about a minute.

    Example: elman demo

    Example: elman demo --out runs/bikes --force
    """
    _launch.start(processes, None)
    from elman.cli.run._job import Job
    from elman.cli.run._open_run import open_run

    shown = Output(as_json)
    shown.line(
        "Bike rentals in Washington, D.C., hour by hour through 2011 (UCI Bike"
        " Sharing, CC BY 4.0): the next 24 hours, with the weather known."
    )
    job = Job(task="demo", options=options)
    with open_run(out, "demo", force) as run:
        train(job, run, shown, quiet)


def train(job: Job, run: RunDirectory | Follower, out: Output, quiet: bool) -> None:
    """Train on the sample, from the start or from a checkpoint."""
    from elman.cli.run._finish import finish
    from elman.cli.run._incomplete import kept
    from elman.data import load_bikeshare
    from elman.tasks import Forecaster

    frame = load_bikeshare()
    run.begin(job)
    forecaster = Forecaster(
        **job.options,
        progress=not quiet,
        callbacks=run.callbacks(),
        checkpoints=run.checkpoints(),
    )
    with kept(forecaster, run):
        forecaster.fit(
            frame, "count", "time", known=frame.columns[2:], test="2011-11-01"
        )
    finish(forecaster, run, out)
