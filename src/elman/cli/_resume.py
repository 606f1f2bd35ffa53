"""``elman resume``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from elman._errors import InputError

from . import _options as opt
from ._output import Output

Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run directory that was interrupted.")
]


def resume(run: Run, quiet: opt.Quiet = False, as_json: opt.Json = False) -> None:
    """Go on with a training that was interrupted, killed or cut off.

    Reads what was asked from the run directory, goes on from the newest sound
    checkpoint, and ends with the same bits as a run that was never stopped. Data
    that changed since are refused.

    Example: elman resume runs/bikes-1
    """
    from ._job import differences, read_job

    job = read_job(run)
    out = Output(as_json)
    if job.finished:
        out.line(f"{run} is finished; see it with: elman report {run}")
        out.document({"run": str(run), "finished": True})
        return
    import torch

    from . import _demo, _train_forecast, _train_sequences
    from ._run_directory import RunDirectory

    for change in differences(job):
        typer.echo(
            f"elman: warning: {change}: the last bits may differ from those of an"
            " uninterrupted run",
            err=True,
        )
    if job.threads > 0:
        torch.set_num_threads(job.threads)
    if job.task == "demo":
        with RunDirectory(run, "", False, job) as directory:
            _demo.train(job, directory, out, quiet)
        return
    if job.data is None:
        raise InputError(f"{run}/job.toml names no data")
    data = job.data.checked()
    if job.task == "forecast":
        from elman.data import read_table

        with RunDirectory(run, "", False, job) as directory:
            frame = read_table(data)
            _train_forecast.train(job, directory, frame, out, quiet)
        return
    if job.test is not None:
        job.test.checked()
    with RunDirectory(run, "", False, job) as directory:
        parts = _train_sequences.parts_of(job, data)
        _train_sequences.train(job, directory, parts, out, quiet)
