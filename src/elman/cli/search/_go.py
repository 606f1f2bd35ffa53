"""A search as a command runs it: its folder, its lines, its end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import typer

from elman.cli._output import Output
from elman.cli.run._finish import finish
from elman.cli.run._run_directory import RunDirectory
from elman.cli.run._train import add_notes, check

from ._options import training_command

if TYPE_CHECKING:
    from elman.cli.run._job import Job
    from elman.cli.run._members import Follower


def go(
    job: Job, run: RunDirectory | Follower, parts: Any, out: Output, quiet: bool
) -> None:
    """Search, from the start or with the trials there are, and keep what is chosen."""
    from elman.cli._naming import naming
    from elman.tasks import ESTIMATORS, TASKS, search
    from elman.training import Callback, TrainingState

    if not isinstance(run, RunDirectory):
        return
    directory = run

    class Begun(Callback):
        """Mark that there is something worth keeping."""

        def on_start(self, state: TrainingState) -> None:
            directory.keep()

    def say(text: str) -> None:
        if not quiet:
            with contextlib.suppress(OSError):
                typer.echo(text, err=True)

    run.begin(job)
    series = TASKS[job.task].data == "series"
    options = job.arguments() if series else parts.arguments(job.arguments())
    estimator = ESTIMATORS[job.task](**options, callbacks=[Begun()])
    name = job.data.name if job.data else ""
    asked = {**job.search, "space": job.search.get("space") or None}
    if series:
        data, fit = (parts.table,), parts.fitting(job)
    else:
        check(estimator, parts, name)
        data, fit = parts.train, parts.fitting()
        if parts.test is not None:
            fit |= {"test": parts.test[0] if len(parts.test) == 1 else parts.test}
            fit |= {"split": parts.split}
    with naming(name, estimator):
        found = search(estimator, *data, **asked, **fit, directory=run.search, say=say)
    chosen = found.estimator
    results = chosen.results_["search"]
    results["command"] = training_command(run.command(), results["chosen"]["options"])
    if series:
        finish(chosen, run, out)
        return
    add_notes(chosen, parts)
    finish(chosen, run, out, lambda: parts.score(chosen), input=parts.input)
