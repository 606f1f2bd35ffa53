"""``elman train classify`` and ``elman train regress``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from elman._errors import InputError

from . import _options as opt
from ._output import Output

_DEFAULT_TEST = 0.2

File = Annotated[
    Path, typer.Argument(metavar="DATA", help=".ts, .npz, CSV or Parquet file.")
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
Bidirectional = Annotated[
    bool | None,
    typer.Option(help="Read each sequence both ways.", rich_help_panel=opt.MODEL),
]


def classify(
    data: File,
    label: opt.Label = None,
    id_: opt.Id = None,
    time: SequenceTime = None,
    test: Test = None,
    test_fraction: TestFraction = None,
    cell: opt.Cell = None,
    hidden: opt.Hidden = None,
    layers: opt.Layers = None,
    bidirectional: Bidirectional = None,
    init: opt.Init = None,
    epochs: opt.Epochs = None,
    batch_size: opt.BatchSize = None,
    lr: opt.Rate = None,
    seed: opt.Seed = None,
    out: opt.Out = None,
    force: opt.Force = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
) -> None:
    """Classify sequences, one label for each or one for each step.

    Example: elman train classify JapaneseVowels_TRAIN.ts

    Example: elman train classify walks.csv --id walk --time t --label gait
    """
    options = opt.given(
        cell=cell,
        hidden_size=hidden,
        num_layers=layers,
        bidirectional=bidirectional,
        init=init,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=lr,
        random_state=seed,
    )
    columns = {"label": label, "id": id_, "time": time}
    place = (out, force, quiet, as_json)
    _train("classify", data, columns, test, test_fraction, options, place)


def regress(
    data: File,
    label: opt.Label = None,
    id_: opt.Id = None,
    time: SequenceTime = None,
    test: Test = None,
    test_fraction: TestFraction = None,
    cell: opt.Cell = None,
    hidden: opt.Hidden = None,
    layers: opt.Layers = None,
    bidirectional: Bidirectional = None,
    init: opt.Init = None,
    epochs: opt.Epochs = None,
    batch_size: opt.BatchSize = None,
    lr: opt.Rate = None,
    seed: opt.Seed = None,
    out: opt.Out = None,
    force: opt.Force = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
) -> None:
    """Predict a number for each sequence, or one for each step.

    Example: elman train regress pulses.npz

    Example: elman train regress engines.csv --id engine --label hours_left
    """
    options = opt.given(
        cell=cell,
        hidden_size=hidden,
        num_layers=layers,
        bidirectional=bidirectional,
        init=init,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=lr,
        random_state=seed,
    )
    columns = {"label": label, "id": id_, "time": time}
    place = (out, force, quiet, as_json)
    _train("regress", data, columns, test, test_fraction, options, place)


def _train(
    task: str,
    data: Path,
    columns: dict[str, str | None],
    test: Path | None,
    test_fraction: float | None,
    options: dict[str, Any],
    place: tuple[Path | None, bool, bool, bool],
) -> None:
    from ._held_out import held_out

    out, force, quiet, as_json = place
    share = _DEFAULT_TEST if test_fraction is None else test_fraction
    parts = held_out(task, data, columns, test, share, options.get("random_state", 0))

    from elman.tasks import SequenceClassifier, SequenceRegressor

    from ._finish import finish
    from ._run_directory import RunDirectory

    kind: Any = SequenceClassifier if task == "classify" else SequenceRegressor
    with RunDirectory(out, data.stem.removesuffix("_TRAIN"), force) as run:
        estimator = kind(**options, progress=not quiet, callbacks=run.callbacks())
        try:
            estimator.fit(*parts.train)
        except InputError as error:
            # The estimators speak of X and y: say which file these came from.
            raise InputError(f"{data}: {error}") from None
        if parts.test is not None:
            estimator.evaluate(*parts.test, split=parts.split)
        estimator.results_["notes"][:0] = parts.notes
        finish(estimator, run, Output(as_json), input=parts.input)
