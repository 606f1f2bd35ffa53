"""Which folder a training writes to, and what of it is there already."""

from __future__ import annotations

from pathlib import Path

import typer

from elman._errors import InputError

from . import _members
from ._job import JOB, Job, read_job
from ._run_directory import RunDirectory, free_name


def open_run(
    out: Path | None, name: str, force: bool, job: Job | None = None
) -> RunDirectory | _members.Follower:
    """Return the run directory, or where another process leads, its stand-in.

    Where torchrun has started the processes again, the run that they began is
    gone on with, whatever ``force`` says.

    Parameters
    ----------
    out, name, force, job
        As for `RunDirectory`.

    Raises
    ------
    InputError
        On all processes: one of them cannot go on.
    typer.Exit
        The run had ended before the restart.
    """
    run: RunDirectory | None = None
    again = None
    if not _members.follows():
        if job is None and _members.is_restart():
            again = begun(out, name)
        try:
            if again is None:
                run = RunDirectory(out, name, force, job)
            elif not again[1].finished:
                run = RunDirectory(again[0], name, False, again[1])
                typer.echo(f"elman: going on with {again[0]} after a restart", err=True)
        except InputError as error:
            _members.meet(failure=str(error), last=True)
            raise
    if _members.meet(again is not None and again[1].finished, last=True):
        raise typer.Exit
    return run or _members.Follower()


def begun(out: Path | None, name: str) -> tuple[Path, Job] | None:
    """Return the run that this launch began before a restart, if it did."""
    places = [out]
    if out is None:
        stem = free_name(name).name.rpartition("-")[0]
        places = [*Path("runs").glob(f"{stem}-*")]
    for place in places:
        if place is not None and (place / JOB).exists():
            job = read_job(place)
            if job.launch and job.launch == _members.launch():
                return place, job
    return None
