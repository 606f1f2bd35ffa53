"""``elman translate``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from elman._errors import InputError
from elman.cli import _options as opt
from elman.cli._able import check_able
from elman.cli._destination import check_destination
from elman.cli._joined import With, joined
from elman.cli._output import Output, is_terminal

HOW = "How to search"


def translate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TEXT]...", help="Texts; else the lines of standard input."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="Translate its lines."),
    ] = None,
    encoding: opt.Encoding = None,
    beam: Annotated[
        int | None,
        typer.Option(
            help="Translations followed side by side; as in training.",
            rich_help_panel=HOW,
        ),
    ] = None,
    n_best: Annotated[
        int | None,
        typer.Option(
            help="So many translations of each text, with scores.", rich_help_panel=HOW
        ),
    ] = None,
    length_penalty: Annotated[
        float | None,
        typer.Option(help="Favours longer translations.", rich_help_panel=HOW),
    ] = None,
    coverage: Annotated[
        float | None,
        typer.Option(help="Cost of not looking at a token.", rich_help_panel=HOW),
    ] = None,
    others: With = None,
    attention: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw where the translations looked: .html, .png, .svg or .pdf.",
            rich_help_panel=opt.RUN,
        ),
    ] = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Translate texts, a line each, with a trained translator.

    Example: elman translate runs/train-1 "two dogs play in the snow ."

    Example: elman translate runs/train-1 --file test.en --beam 10 --n-best 3

    Example: elman translate runs/train-1 --with runs/train-2 --file test.en

    Example: cat test.en | elman translate runs/train-1 > test.de
    """
    if attention is not None:
        from elman.report import check_attention_file

        check_attention_file("--attention", attention)
        check_destination("--attention", attention, force)
    given = _lines(run, texts, file, encoding)
    import elman

    model = elman.load(run)
    check_able(run, model.task, "translate")
    model = joined(run, model, others)
    found = model.translate(
        given,
        beam=beam,
        n_best=1 if n_best is None else n_best,
        length_penalty=length_penalty,
        coverage=coverage,
    )
    if attention is not None:
        from elman.report import write_attention

        drawn = [model.drawn(each[0]) for each in found if each]
        note = write_attention(attention, drawn)
        if note:
            typer.echo(f"elman: note: {note}", err=True)
    if as_json:
        content = [
            {"source": text, "translations": [_plain(one) for one in each]}
            for text, each in zip(given, found, strict=True)
        ]
        Output(as_json=True).document({"run": str(run), "texts": content})
        return
    for each in found:
        if n_best is None:
            typer.echo(_line(each[0].text) if each else "")
            continue
        for one in each:
            typer.echo(f"{one.score:.4f}\t{_line(one.text)}")
        if len(found) > 1:
            typer.echo()


def _lines(
    run: Path, texts: list[str] | None, file: Path | None, encoding: str | None
) -> list[str]:
    """Return what to translate."""
    if file is not None:
        if texts:
            raise InputError("give texts or --file, not both")
        from elman.data import read_text

        found = read_text(file, encoding)
        opt.say(found.notes)
        return found.text.removesuffix("\n").split("\n")
    if texts:
        return texts
    if sys.stdin is None or is_terminal(sys.stdin):
        raise InputError(
            f'name the text: elman translate {run} "TEXT", or --file FILE, or lines on'
            " standard input"
        )
    from elman.data import decode_text

    content = sys.stdin.buffer.read()
    if not content.strip():
        raise InputError("there is no text on standard input")
    found = decode_text(content, "standard input", encoding)
    opt.say(found.notes)
    return found.text.removesuffix("\n").split("\n")


def _line(text: str) -> str:
    """Return a translation on one line."""
    return " ".join(text.splitlines())


def _plain(one: Any) -> dict[str, Any]:
    return {
        "text": one.text,
        "score": one.score,
        "log_prob": one.log_prob,
        "tokens": one.tokens,
        "finished": one.finished,
    }
