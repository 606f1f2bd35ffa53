"""``elman score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from elman._errors import InputError
from elman.cli import _options as opt
from elman.cli._able import check_able
from elman.cli._deliver import WRITERS, check_format, write_table
from elman.cli._destination import check_destination
from elman.cli._joined import With, joined
from elman.cli._output import Output


def score(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    texts: Annotated[
        list[Path],
        typer.Argument(
            metavar="TEXT",
            help="A text file; of a translator a table of pairs, or both sides' files;"
            " of a transcriber sequences with labels.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Write each token and its nats: {', '.join(WRITERS)}.",
        ),
    ] = None,
    others: With = None,
    encoding: opt.Encoding = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Say how well a run predicts a text, translates pairs, transcribes sequences.

    Nats and bits, perplexity, and what the vocabulary does not cover, beside n-grams
    counted in the text that the run was trained on, if that is still there.

    Example: elman score runs/shakespeare-1 sonnets.txt

    Example: elman score runs/shakespeare-1 sonnets.txt --out surprise.csv

    Example: elman score runs/train-1 test.en test.de

    Example: elman score runs/digits-1 others.npz

    Example: elman score runs/train-1 --with runs/train-2 test.en test.de
    """
    if out is not None:
        check_format("--out", out)
        check_destination("--out", out, force)
    import elman
    from elman.cli.run._finish import show_scores
    from elman.data import read_text
    from elman.tasks import TASKS

    model = elman.load(run)
    check_able(run, model.task, "score")
    model = joined(run, model, others)
    output = Output(as_json)
    data = TASKS[model.task].data
    if data != "text":
        if out is not None:
            raise InputError(
                f"--out is for language models; {run} is a run of {model.task}"
            )
        (_pairs if data == "pairs" else _sequences)(model, texts, encoding)
        show_scores(model.results_["scores"], output)
        output.document({"run": str(run), **model.results_["scores"]})
        return
    text = texts[0]
    if len(texts) > 1:
        raise InputError(f"name one text; {run} is no translator")
    found = read_text(text, encoding)
    training, notes = _trained_on(run)
    opt.say([*found.notes, *notes])
    model.evaluate(found.text, split=text.name, training=training)
    scores = model.results_["scores"]
    show_scores(scores, output)
    if out is not None:
        import polars as pl

        tokens, nats = model.surprise(found.text)
        write_table(pl.DataFrame({"token": tokens, "nats": nats}), out)
        output.line(f"{len(tokens):,} tokens written to {out}")
    written = {} if out is None else {"written": str(out)}
    output.document({"run": str(run), **scores, **written})


def _pairs(model: Any, files: list[Path], encoding: str | None) -> None:
    """Score a translator on pairs, without baselines."""
    from elman.data import read_pairs

    if len(files) > 2:
        raise InputError(
            "name a table of pairs, or the sources' file and the targets', got"
            f" {len(files)} files"
        )
    found = read_pairs(files[0], files[1] if len(files) > 1 else None, encoding)
    opt.say(found.notes)
    split = ", ".join(file.name for file in files)
    model.evaluate(found.source, found.target, split=split)


def _sequences(model: Any, files: list[Path], encoding: str | None) -> None:
    """Score a transcriber on sequences, without baselines."""
    from elman.cli._predict_sequences import labelled_sequences

    if len(files) > 1:
        raise InputError(f"name one file of sequences, got {len(files)}")
    given = opt.given(encoding=encoding)
    model.evaluate(*labelled_sequences(model, files[0], given), split=files[0].name)


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
