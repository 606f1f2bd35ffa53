"""``elman train classify`` and ``elman train regress``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman.cli import _options as opt
from elman.cli._estimator_options import training_options
from elman.cli._output import Output
from elman.cli.run import _launch

if TYPE_CHECKING:
    from elman.cli._held_out import Parts
    from elman.cli.run._job import Job
    from elman.cli.run._members import Follower
    from elman.cli.run._run_directory import RunDirectory

_DEFAULT_TEST = 0.2
# Random orders of each kind that the held-out sequences are scored in.
_DRAWS = 3

File = Annotated[
    Path, typer.Argument(metavar="DATA", help=".ts, .arff, .npz, CSV or Parquet file.")
]
Test = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="File to score on; else NAME_TEST beside NAME_TRAIN, else a share.",
    ),
]
TestFraction = Annotated[
    float | None,
    typer.Option(help=f"Share held out for scores; {_DEFAULT_TEST} if not given."),
]
SequenceTime = Annotated[
    str | None, typer.Option("--time", help="Column that orders the rows of an id.")
]


def _command(task: str, says: str) -> Callable[..., None]:
    """Return the command that trains on sequences for a task.

    Parameters
    ----------
    task : str
    says : str
        What its help says of it.
    """

    def command(
        data: File,
        label: opt.Label = None,
        id_: opt.Id = None,
        time: SequenceTime = None,
        missing: opt.Missing = None,
        encoding: opt.Encoding = None,
        test: Test = None,
        test_fraction: TestFraction = None,
        processes: opt.Processes = None,
        nodes: opt.Nodes = None,
        out: opt.Out = None,
        tensorboard: opt.TensorBoard = None,
        force: opt.Force = False,
        quiet: opt.Quiet = False,
        as_json: opt.Json = False,
        options: Any = None,
    ) -> None:
        _launch.start(processes, nodes)
        columns = opt.sequence_columns(label, id_, time, encoding, missing)
        place = (out, force, quiet, as_json)
        _train(task, data, columns, test, test_fraction, options, place, tensorboard)

    command.__name__, command.__doc__ = task, says
    return training_options(task, before="processes")(command)


classify = _command(
    "classify",
    """Classify sequences, one label for each or one for each step.

    Example: elman train classify JapaneseVowels_TRAIN.ts

    Example: elman train classify walks.csv --id walk --time t --label gait
    """,
)
regress = _command(
    "regress",
    """Predict a number for each sequence, or one for each step.

    Example: elman train regress pulses.npz

    Example: elman train regress engines.csv --id engine --label hours_left
    """,
)


def _train(
    task: str,
    data: Path,
    columns: dict[str, Any],
    test: Path | None,
    test_fraction: float | None,
    options: dict[str, Any],
    place: tuple[Path | None, bool, bool, bool],
    tensorboard: Path | None,
) -> None:
    from elman.cli.run._job import Job, Source
    from elman.cli.run._open_run import open_run

    out, force, quiet, as_json = place
    fit = columns | {
        "test": test and str(test.absolute()),
        "share": _DEFAULT_TEST if test_fraction is None else test_fraction,
    }
    every = options.pop("checkpoint_every", None)
    job = Job(task=task, options=options, checkpoint_every=every, fit=fit)
    job.tensorboard = opt.absolute(tensorboard)
    parts = parts_of(job, data)
    with open_run(out, data.stem.removesuffix("_TRAIN"), force) as run:
        job.data = Source.of(data)
        job.test = None if parts.test_file is None else Source.of(parts.test_file)
        train(job, run, parts, Output(as_json), quiet)


def parts_of(job: Job, data: Path) -> Parts:
    """Return the sequences to train on and to score on."""
    from elman.cli._held_out import held_out

    fit, seed = job.fit, job.options.get("random_state", 0)
    names = ("label", "id", "time", "missing", "encoding")
    columns = {name: fit.get(name) for name in names}
    test = Path(fit["test"]) if fit.get("test") else None
    return held_out(job.task, data, columns, test, fit["share"], seed)


def train(
    job: Job, run: RunDirectory | Follower, parts: Parts, out: Output, quiet: bool
) -> None:
    """Train on sequences, from the start or from a checkpoint."""
    from elman.cli._naming import naming
    from elman.cli.run._finish import finish
    from elman.cli.run._incomplete import kept
    from elman.data import is_suspect_note
    from elman.tasks import ESTIMATORS, check_held_out

    run.begin(job)
    estimator = ESTIMATORS[job.task](
        **_by_label(job.arguments(), parts),
        progress=not quiet,
        callbacks=run.callbacks(),
        checkpoints=run.checkpoints(),
    )
    name = job.data.name if job.data else ""
    with naming(name, estimator):
        found = check_held_out(estimator, parts.train, parts.test)
    for note in found:
        typer.echo(f"elman: warning: {parts.split}: {note}", err=True)
    with (
        kept(estimator, run, input=parts.input),
        naming(name, estimator),
    ):
        estimator.fit(*parts.train)
    # What stands out is in the notes on the file already, by the name of the column.
    own = [n for n in estimator.results_["notes"] if not is_suspect_note(n)]
    estimator.results_["notes"] = [*parts.notes, *own]

    def score() -> None:
        if parts.test is not None:
            estimator.evaluate(*parts.test, split=parts.split)
            if max(map(len, parts.test[0])) > 1:
                estimator.scores_by_order(*parts.test, _DRAWS, split=parts.split)

    finish(estimator, run, out, score, input=parts.input)


def _by_label(options: dict[str, Any], parts: Parts) -> dict[str, Any]:
    """Return the options with weights by the labels themselves, be they numbers."""
    import numpy as np

    weights = options.get("class_weight")
    y = parts.train[1]
    if not isinstance(weights, dict) or y is None:
        return options
    rows = y if isinstance(y, list) else [y]
    labels = {str(label): label for row in rows for label in np.unique(row).tolist()}
    known = {labels.get(name, name): value for name, value in weights.items()}
    return {**options, "class_weight": known}
