"""All commands under one name. Nothing here imports torch: help is instant."""

from __future__ import annotations

from typing import Annotated

import typer

import elman

from ._main import Commands
from .commands import (
    _backtest,
    _bench,
    _demo,
    _diagnose,
    _explain,
    _generate,
    _info,
    _predict,
    _report,
    _resume,
    _score,
    _search,
    _train_forecast,
    _train_language,
    _train_translate,
    _translate,
    _update,
)
from .commands import _train_sequences as _sequences

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Recurrent networks from data files: train, judge, predict.",
    epilog="Start with: elman demo",
)
train = typer.Typer(
    no_args_is_help=True,
    help="Train a network on a data file and write a run directory with a report.",
)
app.command("demo")(_demo.demo)
app.add_typer(train, name="train")
train.command("forecast")(_train_forecast.forecast)
train.command("classify")(_sequences.classify)
train.command("regress")(_sequences.regress)
train.command("transcribe")(_sequences.transcribe)
train.command("language")(_train_language.language)
train.command("translate")(_train_translate.translate)
search = typer.Typer(
    no_args_is_help=True,
    help="Search for the parameters to train with, by trials scored on held-out parts.",
)
app.add_typer(search, name="search")
search.command("forecast")(_search.forecast)
search.command("classify")(_search.classify)
search.command("regress")(_search.regress)
search.command("transcribe")(_search.transcribe)
search.command("language")(_search.language)
search.command("translate")(_search.translate)
app.command("resume")(_resume.resume)
app.command("backtest")(_backtest.backtest)
app.command("update")(_update.update)
app.command("predict")(_predict.predict)
app.command("generate")(_generate.generate)
app.command("score")(_score.score)
app.command("translate")(_translate.translate)
app.command("diagnose")(_diagnose.diagnose)
app.command("explain")(_explain.explain)
app.command("report")(_report.report)
app.command("bench")(_bench.bench)
app.command("info")(_info.info)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"elman {elman.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and exit.",
            callback=_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    pass
