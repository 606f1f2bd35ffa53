"""A search as a command runs it: its folder, its lines, its end."""

from __future__ import annotations

import contextlib
import socket
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
    from elman.tasks import Found


def go(
    job: Job, run: RunDirectory | Follower, parts: Any, out: Output, quiet: bool
) -> None:
    """Search, from the start or with the trials there are, and keep what is chosen."""
    from elman.cli._naming import naming
    from elman.tasks import ESTIMATORS, TASKS, OpenSearch
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
    with contextlib.ExitStack() as stack:
        with naming(name, estimator):
            opened = OpenSearch(
                estimator, *data, **asked, **fit, directory=run.search, say=say
            )
            stack.enter_context(opened)
            ended = opened.run()
            stack.enter_context(opened.last())
            if run.is_finished():
                out.line(
                    f"{run.path} is finished by another process; see it with: elman"
                    f" report {run.path}"
                )
                out.document({"run": str(run.path), "finished": True})
                return
            if there := job.search.get("study") and opened.kept_elsewhere():
                out.line(
                    f"the search is finished: what was chosen is in {there}; elman"
                    f" resume {run.path} trains it here too"
                )
                out.document({"run": str(run.path), "chosen": there})
                return
            found = opened.found(ended)
        _keep(found, job, run, parts, out)
        if job.search.get("study"):
            opened.keep_at(f"{socket.gethostname()}:{run.path.absolute()}")


def _keep(found: Found, job: Job, run: RunDirectory, parts: Any, out: Output) -> None:
    """Write down what was chosen, and print it."""
    from elman.tasks import TASKS

    chosen = found.estimator
    results = chosen.results_["search"]
    results["command"] = training_command(run.command(), results["chosen"]["options"])
    if TASKS[job.task].data == "series":
        finish(chosen, run, out)
        return
    add_notes(chosen, parts)
    finish(chosen, run, out, lambda: parts.score(chosen), input=parts.input)
