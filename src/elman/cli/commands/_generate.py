"""``elman generate``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from elman.cli import _options as opt
from elman.cli._able import check_able
from elman.cli._output import Output

HOW = "How to draw"


def generate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    prompt: Annotated[
        str, typer.Option("--prompt", "-p", help="What the text goes on from.")
    ] = "",
    length: Annotated[int, typer.Option(help="Tokens to write.")] = 500,
    temperature: Annotated[
        float,
        typer.Option(
            help="Below 1 the likely becomes likelier; 0 takes the likeliest.",
            rich_help_panel=HOW,
        ),
    ] = 0.8,
    top_k: Annotated[
        int | None,
        typer.Option(help="Draw among so many of the likeliest.", rich_help_panel=HOW),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            help="Draw among the fewest with this probability together.",
            rich_help_panel=HOW,
        ),
    ] = None,
    stop: Annotated[
        str | None,
        typer.Option(help="Text that ends it.", rich_help_panel=HOW),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Of what is drawn.", rich_help_panel=HOW)
    ] = 0,
    as_json: opt.Json = False,
) -> None:
    """Write text with a trained language model, shown as it comes into being.

    Example: elman generate runs/shakespeare-1 --prompt "ROMEO:"

    Example: elman generate runs/shakespeare-1 --temperature 0 --stop "."
    """
    import elman

    model = elman.load(run)
    check_able(run, model.task, "generate")
    pieces = model.stream(
        prompt,
        length,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        stop=stop,
        seed=seed,
    )
    if as_json:
        text = "".join(pieces)
        Output(as_json=True).document({"prompt": prompt, "text": text, "seed": seed})
        return
    sys.stdout.write(prompt)
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()
    typer.echo()
