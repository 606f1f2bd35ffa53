"""``elman train translate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman._errors import InputError
from elman.cli import _compare as comparing
from elman.cli import _options as opt
from elman.cli._estimator_options import training_options
from elman.cli.run import _launch

if TYPE_CHECKING:
    from elman.cli.held_out._parts import Parts
    from elman.cli.run._job import Job

_DEFAULT_TEST = 0.05


@training_options("translate", before="processes")
def translate(
    pairs: Annotated[
        list[Path],
        typer.Argument(
            metavar="PAIRS|SOURCE TARGET",
            help="A text file with a tab between source and target in each row, or two"
            " files with a line for each pair.",
        ),
    ],
    encoding: opt.Encoding = None,
    valid: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Pairs to choose the epoch by, else a share: a table; or both sides'"
            " files, --valid twice or what their names begin with.",
        ),
    ] = None,
    test: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Pairs to score on, in the same way."),
    ] = None,
    test_fraction: Annotated[
        float | None,
        typer.Option(
            help="Share held out to score on, 2,000 pairs at most; 0.05, 0 for none."
        ),
    ] = None,
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
    """Learn to translate from pairs of texts: sentences, spellings, dates.

    Compares the network with the source itself, with the translation of the nearest
    training pair and with a table of words, on pairs held out.

    Example: elman train translate words.tsv

    Example: elman train translate train.en train.de --valid val --test test

    Example: elman train translate words.tsv --compare
    """
    if len(pairs) > 2:
        raise InputError(
            "name a table of pairs, or the sources' file and the targets', got"
            f" {len(pairs)} files"
        )
    from elman.cli.held_out._pairs import files_of

    others = comparing.asked(
        compare, compare_with, compare_seeds, compare_seconds, "translate", options
    )
    if others and (nodes is not None or (processes or 1) > 1):
        raise InputError("--compare trains in one process: leave --processes out")
    _launch.start(processes, nodes)
    from elman.cli.run import _train

    fit = others | {
        "encoding": encoding,
        "target": [str(path.absolute()) for path in pairs[1:]],
        "valid": files_of("--valid", valid, pairs),
        "test": files_of("--test", test, pairs),
        "share": _DEFAULT_TEST if test_fraction is None else test_fraction,
    }
    place = (out, force, quiet, as_json)
    (begin or _train.begin)(
        "translate", pairs[0], fit, options, place, tensorboard, parts_of
    )


def parts_of(job: Job, data: Path) -> Parts:
    """Return the pairs to train on, and those to score on."""
    from elman.cli.held_out._pairs import held_out

    return held_out(data, job.fit, job.options.get("random_state", 0))
