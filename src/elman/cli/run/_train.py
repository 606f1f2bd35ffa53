"""A training on parts of a file, from the first check to the report."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from elman.cli import _options as opt
from elman.cli._compare import beside_others
from elman.cli._output import Output

if TYPE_CHECKING:
    from elman.cli.held_out._parts import Parts

    from ._job import Job
    from ._members import Follower
    from ._run_directory import RunDirectory


def begin(
    task: str,
    data: Path,
    fit: dict[str, Any],
    options: dict[str, Any],
    place: tuple[Path | None, bool, bool, bool],
    tensorboard: Path | None,
    parts_of: Callable[[Job, Path], Any],
    do: Callable[..., None] | None = None,
    search: dict[str, Any] | None = None,
    opening: Callable[..., RunDirectory] | None = None,
) -> None:
    """Train as a command asks for it, or do something else with the data.

    Parameters
    ----------
    task : str
    data : path
    fit : dict
        How the file is read and parted.
    options : dict
        Of the estimator, and ``checkpoint_every``.
    place : tuple
        ``--out``, ``--force``, ``--quiet`` and ``--json``.
    tensorboard : path or None
    parts_of : callable
        Reads the parts that a job is about.
    do : callable or None
        Called as `train`, in its place.
    search : dict or None
        What is asked of a search.
    opening : callable or None
        Opens the run directory, in place of `open_run`; takes the job and ``quiet``
        before the same.
    """
    from ._job import Job, Source
    from ._open_run import open_run

    out, force, quiet, as_json = place
    every = options.pop("checkpoint_every", None)
    job = Job(task=task, options=options, checkpoint_every=every, fit=fit)
    job.search = search or {}
    job.tensorboard = opt.absolute(tensorboard)
    parts = parts_of(job, data)
    job.data = Source.of(data)
    job.test = None if parts.test_file is None else Source.of(parts.test_file)
    job.files = [Source.of(path) for path in parts.files]
    name = data.stem.removesuffix("_TRAIN")
    place_of = functools.partial(opening, job, quiet) if opening else open_run
    with place_of(out, name, force) as run:
        (do or train)(job, run, parts, Output(as_json), quiet)


def train(
    job: Job, run: RunDirectory | Follower, parts: Parts, out: Output, quiet: bool
) -> None:
    """Train on one part and score on the other, from the start or a checkpoint."""
    from elman.cli._naming import naming
    from elman.tasks import ESTIMATORS
    from elman.training import working

    from ._finish import finish
    from ._incomplete import kept

    run.begin(job)
    estimator = ESTIMATORS[job.task](
        **parts.arguments(job.arguments()),
        progress=not quiet,
        callbacks=run.callbacks(),
        checkpoints=run.checkpoints(),
    )
    name = job.data.name if job.data else ""
    check(estimator, parts, name)
    with (
        kept(estimator, run, input=parts.input),
        naming(name, estimator),
    ):
        estimator.fit(*parts.train, **parts.fitting())
    add_notes(estimator, parts)

    def score() -> None:
        with working("scores of what was held out", not quiet):
            parts.score(estimator)
        beside_others(estimator, job, parts, run.checkpoints(), quiet)

    finish(estimator, run, out, score, input=parts.input)


def check(estimator: Any, parts: Parts, name: str) -> None:
    """Warn of what the scores will have to say; raise if there can be none."""
    from elman.cli._naming import naming

    with naming(name, estimator):
        found = parts.check(estimator)
    for note in found:
        typer.echo(f"elman: warning: {parts.split}: {note}", err=True)


def add_notes(estimator: Any, parts: Parts) -> None:
    """Put the notes on a file before those of the results."""
    from elman.data import is_suspect_note

    # What stands out is in the notes on the file already, by the name of the column.
    own = [n for n in estimator.results_["notes"] if not is_suspect_note(n)]
    estimator.results_["notes"] = [*parts.notes, *own]
