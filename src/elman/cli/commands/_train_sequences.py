"""``elman train classify``, ``regress`` and ``transcribe``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman._errors import InputError, RunDirectoryError
from elman.cli import _compare as comparing
from elman.cli import _options as opt
from elman.cli import _sound_options as sound
from elman.cli._estimator_options import training_options
from elman.cli.run import _launch

if TYPE_CHECKING:
    from elman.cli.held_out._parts import Parts
    from elman.cli.run._job import Job

_DEFAULT_TEST = 0.2

File = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help=".ts, .arff, .npz, CSV or Parquet file; or recordings: a folder of them,"
        " or a table with their paths.",
    ),
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
        categories: opt.Categories = None,
        texts: opt.Texts = None,
        numbers: opt.Numbers = None,
        gaps: opt.Gaps = None,
        group: opt.Group = None,
        missing: opt.Missing = None,
        encoding: opt.Encoding = None,
        test: Test = None,
        test_fraction: TestFraction = None,
        recording: sound.Recording = None,
        pattern: sound.Pattern = None,
        test_pattern: sound.TestPattern = None,
        features: sound.Features = None,
        bands: sound.Bands = None,
        rate: sound.Rate = None,
        window: sound.Window = None,
        hop: sound.Hop = None,
        range_: sound.Range = None,
        level: sound.Level = None,
        compare: comparing.Compare = False,
        compare_with: comparing.With = None,
        compare_seeds: comparing.Seeds = None,
        compare_seconds: comparing.Seconds = None,
        processes: opt.Processes = None,
        nodes: opt.Nodes = None,
        out: opt.Out = None,
        tensorboard: opt.TensorBoard = None,
        force: opt.Force = False,
        quiet: opt.Quiet = False,
        as_json: opt.Json = False,
        options: Any = None,
        begin: Any = None,
    ) -> None:
        others = comparing.asked(
            compare, compare_with, compare_seeds, compare_seconds, task, options
        )
        if others and (nodes is not None or (processes or 1) > 1):
            raise InputError("--compare trains in one process: leave --processes out")
        _launch.start(processes, nodes)
        kinds = {"category": categories, "text": texts, "number": numbers}
        columns = opt.sequence_columns(
            label, id_, time, encoding, missing, group, kinds, gaps
        )
        columns |= sound.sound_columns(
            recording,
            pattern,
            test_pattern,
            kind=features,
            bands=bands,
            rate=rate,
            window=window,
            hop=hop,
            range=range_,
            level=level,
        )
        if test is not None and test_pattern is not None:
            raise InputError("--test and --test-pattern are two ways; give one of them")
        fit = columns | others
        fit |= {
            "test": test and str(test.absolute()),
            "share": _DEFAULT_TEST if test_fraction is None else test_fraction,
        }
        from elman.cli.run import _train

        place = (out, force, quiet, as_json)
        (begin or _train.begin)(task, data, fit, options, place, tensorboard, parts_of)

    command.__name__, command.__doc__ = task, says
    return training_options(task, before="processes")(command)


classify = _command(
    "classify",
    """Classify sequences, one label for each or one for each step.

    Example: elman train classify JapaneseVowels_TRAIN.ts

    Example: elman train classify walks.csv --id walk --time t --label gait

    Example: elman train classify recordings/ --pattern '{label}_{group}_*.wav'
    """,
)
regress = _command(
    "regress",
    """Predict a number for each sequence, or one for each step.

    Example: elman train regress pulses.npz

    Example: elman train regress engines.csv --id engine --label hours_left
    """,
)
transcribe = _command(
    "transcribe",
    """Learn what sequences say: a text or labels for each, their places unknown.

    Example: elman train transcribe strokes.csv --id sheet --time t --label text

    Example: elman train transcribe spoken.npz --compare

    Example: elman train transcribe recordings.csv --label text --group speaker
    """,
)


def parts_of(job: Job, data: Path) -> Parts:
    """Return the sequences to train on and to score on."""
    from elman.cli._reading import OF_RECORDINGS
    from elman.cli.held_out._parts import held_out

    fit, seed = job.fit, job.options.get("random_state", 0)
    names = ("label", "id", "time", "missing", "encoding", "group", *OF_RECORDINGS)
    columns = {name: fit.get(name) for name in names}
    columns |= {"kinds": fit.get("kinds") or {}, "gaps": fit.get("gaps", "off")}
    test = Path(fit["test"]) if fit.get("test") else None
    parts = held_out(job.task, data, columns, test, fit["share"], seed)
    if parts.contents and fit.setdefault("contents", parts.contents) != parts.contents:
        raise RunDirectoryError(
            f"{data}: the recordings are not those that the run began with; put those"
            " back, or train anew"
        )
    if fit.get("compare_seeds") and parts.test is None:
        raise InputError(
            "--compare scores on sequences held out: give --test FILE, or a"
            " --test-fraction above 0"
        )
    return parts
