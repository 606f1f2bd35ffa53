"""``elman score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from elman.cli import _options as opt
from elman.cli._able import check_able
from elman.cli._deliver import WRITERS, check_format, write_table
from elman.cli._destination import check_destination
from elman.cli._output import Output


def score(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    text: Annotated[
        Path, typer.Argument(metavar="TEXT", help="A text file; UTF-8 if not said.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Write each token and its nats: {', '.join(WRITERS)}.",
        ),
    ] = None,
    encoding: opt.Encoding = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Say how well a trained language model predicts a text.

    Nats and bits, perplexity, and what the vocabulary does not cover, beside n-grams
    counted in the text that the run was trained on, if that is still there.

    Example: elman score runs/shakespeare-1 sonnets.txt

    Example: elman score runs/shakespeare-1 sonnets.txt --out surprise.csv
    """
    if out is not None:
        check_format("--out", out)
        check_destination("--out", out, force)
    import elman
    from elman.cli.run._finish import show_scores
    from elman.data import read_text

    model = elman.load(run)
    check_able(run, model.task, "score")
    found = read_text(text, encoding)
    training, notes = _trained_on(run)
    opt.say([*found.notes, *notes])
    model.evaluate(found.text, split=text.name, training=training)
    scores = model.results_["scores"]
    output = Output(as_json)
    show_scores(scores, output)
    if out is not None:
        import polars as pl

        tokens, nats = model.surprise(found.text)
        write_table(pl.DataFrame({"token": tokens, "nats": nats}), out)
        output.line(f"{len(tokens):,} tokens written to {out}")
    written = {} if out is None else {"written": str(out)}
    output.document({"run": str(run), **scores, **written})


def _trained_on(run: Path) -> tuple[str | None, list[str]]:
    """Return the text that a run was trained on, or a note on why there is none."""
    from elman._errors import RunDirectoryError
    from elman.cli.run._job import read_job
    from elman.data import read_text

    try:
        job = read_job(run)
        if job.data is not None:
            return read_text(job.data.checked(), job.fit.get("encoding")).text, []
        reason = "the run names no text"
    except RunDirectoryError as error:
        reason = str(error)
    return None, [f"no n-grams beside the network: {reason}"]
