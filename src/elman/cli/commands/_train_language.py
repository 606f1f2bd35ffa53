"""``elman train language``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman._errors import InputError
from elman.cli import _compare as comparing
from elman.cli import _options as opt
from elman.cli._estimator_options import training_options

if TYPE_CHECKING:
    from elman.cli.held_out._parts import Parts
    from elman.cli.run._job import Job


@training_options("language", before="out")
def language(
    text: Annotated[
        Path, typer.Argument(metavar="TEXT", help="A text file; UTF-8 if not said.")
    ],
    encoding: opt.Encoding = None,
    test: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Text to score on; else the end of the text, which is held out.",
        ),
    ] = None,
    compare: comparing.Compare = False,
    compare_with: comparing.With = None,
    compare_seeds: comparing.Seeds = None,
    compare_seconds: comparing.Seconds = None,
    out: opt.Out = None,
    tensorboard: opt.TensorBoard = None,
    force: opt.Force = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
    options: Any = None,
    begin: Any = None,
) -> None:
    """Learn to predict a text, token by token, and to write such text.

    Compares the network with smoothed n-grams on the end of the text.

    Example: elman train language shakespeare.txt

    Example: elman train language shakespeare.txt --compare

    Example: elman train language wiki.txt --tokens words --test wiki-test.txt
    """
    from elman.cli.run import _train

    others = comparing.asked(
        compare, compare_with, compare_seeds, compare_seconds, "language", options
    )
    if others and test is None and options.get("validation_fraction") == 0:
        raise InputError(
            "--compare scores on text held out: give --test FILE, or a --validation"
            " above 0"
        )
    fit = others | {"encoding": encoding, "test": test and str(test.absolute())}
    place = (out, force, quiet, as_json)
    (begin or _train.begin)(
        "language", text, fit, options, place, tensorboard, parts_of
    )


def parts_of(job: Job, text: Path) -> Parts:
    """Return the text to train on, and the one to score on if there is one."""
    from elman.cli.held_out._text import held_out_text

    test = Path(job.fit["test"]) if job.fit.get("test") else None
    return held_out_text(text, job.fit.get("encoding"), test)
