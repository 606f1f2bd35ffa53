"""Which folder a search writes to: a new one, or that of the same search to join."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import typer

from elman._errors import InputError, RunDirectoryError
from elman.cli.run._job import JOB, Job, read_job
from elman.cli.run._run_directory import RunDirectory

# Seconds in which whoever made the folder says what it is for.
_WAIT = 30.0
_PAUSE = 0.1


def open_search(
    job: Job, quiet: bool, out: Path | None, name: str, force: bool
) -> RunDirectory:
    """Return the run directory of a search.

    Where the same search has begun and is not finished, this process joins it.

    Parameters
    ----------
    job : Job
    quiet : bool
    out, name, force
        As for `RunDirectory`.

    Raises
    ------
    InputError
        It cannot be used, or another search has begun there.
    """
    end = time.monotonic() + _WAIT
    while True:
        there = None if force or out is None else _begun(out)
        if out is not None and there is not None:
            if other := _difference(there, job):
                raise InputError(
                    f"--out {out} is not empty: it holds a search {other}; name"
                    " another folder, or add --force to overwrite the run in it"
                )
            if not quiet:
                with contextlib.suppress(OSError):
                    typer.echo(f"elman: joining the search in {out}", err=True)
            return RunDirectory(out, name, False, there)
        try:
            return RunDirectory(out, name, force)
        except InputError:
            preparing = out is not None and not force and _is_locked(out)
            if not preparing or time.monotonic() > end:
                raise
        time.sleep(_PAUSE)


def _begun(out: Path) -> Job | None:
    """Return the search that has begun in a folder and is not finished."""
    if not (out / JOB).exists():
        return None
    try:
        job = read_job(out)
    except RunDirectoryError:
        return None
    return job if job.search and not job.finished else None


def _is_locked(out: Path) -> bool:
    """Return whether a process has the folder, which may not be a training."""
    from elman.training import FileLock

    if not out.is_dir():
        return False
    with contextlib.suppress(RunDirectoryError):
        job = read_job(out)
        if not job.search and not job.finished:
            return False
    try:
        FileLock(out / ".lock", shared=True).release()
    except BlockingIOError:
        return True
    except OSError:
        return False
    return _begun(out) is not None


def _difference(there: Job, here: Job) -> str:
    """Return in what the search that has begun is another one; empty if it is not."""
    was, now = there.asked(), here.asked()
    for part, is_other in (("data", "of other data"), ("task", "for another task")):
        if was[part] != now[part]:
            return is_other
    for part in ("options", "fit", "search"):
        names = sorted({*was[part], *now[part]})
        for name in names:
            before, after = (_word(one[part].get(name)) for one in (was, now))
            if before != after:
                return f"with other {name}: {before:.80} there, {after:.80} here"
    return ""


def _word(value: Any) -> str:
    return "the default" if value is None else str(value)
