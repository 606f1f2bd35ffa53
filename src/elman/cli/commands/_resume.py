"""``elman resume``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman._errors import InputError
from elman.cli import _options as opt
from elman.cli._output import Output
from elman.cli.run import _launch, _members
from elman.tasks import TASKS

if TYPE_CHECKING:
    from elman.cli.run._job import Job

Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run directory that was interrupted.")
]


def resume(
    run: Run,
    processes: opt.Processes = None,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
) -> None:
    """Go on with a training that was interrupted, killed or cut off.

    Reads what was asked from the run directory, goes on from the newest sound
    checkpoint, and ends with the same bits as a run that was never stopped. Data
    that changed since are refused.

    Example: elman resume runs/bikes-1
    """
    _launch.start(processes, None)
    from elman.cli.run._job import Job, differences, read_job

    # The leader's: other machines may not see the folder.
    own = None if _members.follows() else read_job(run).model_dump()
    job = Job.model_validate(_members.meet(own))
    out = Output(as_json)
    if job.finished:
        out.line(f"{run} is finished; see it with: elman report {run}")
        out.document({"run": str(run), "finished": True})
        return
    if job.task == "update":
        raise InputError(f"an update is short and not gone on with: {job.command} anew")
    import torch

    from elman.cli.run import _train
    from elman.cli.run._open_run import open_run
    from elman.cli.search._go import go

    from . import _demo, _train_forecast

    for change in () if _members.follows() else differences(job):
        typer.echo(
            f"elman: warning: {change}: the last bits may differ from those of an"
            " uninterrupted run",
            err=True,
        )
    if job.threads > 0:
        torch.set_num_threads(job.threads)
    if job.task == "demo":
        with open_run(run, "", False, job) as directory:
            _demo.train(job, directory, out, quiet)
        return
    if job.data is None:
        raise InputError(f"{run}/job.toml names no data")
    data = job.data.checked()
    for source in (job.test, *job.files):
        if source is not None:
            source.checked()
    parts = parts_of(job, data)
    do: Any = _train.train
    if job.search:
        do = go
    elif job.task == "forecast":
        do = _train_forecast.train
    with open_run(run, "", False, job) as directory:
        do(job, directory, parts, out, quiet)


def parts_of(job: Job, data: Path) -> Any:
    """Return the data of a run as they were read when it began."""
    from elman.cli.held_out import _series

    from . import _train_language, _train_sequences, _train_translate

    homes = {"series": _series, "text": _train_language, "pairs": _train_translate}
    return homes.get(TASKS[job.task].data, _train_sequences).parts_of(job, data)
