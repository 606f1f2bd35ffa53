"""``elman backtest``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from elman.cli import _options as opt
from elman.cli._able import check_able
from elman.cli._deliver import WRITERS, check_format, deliver
from elman.cli._destination import check_destination
from elman.cli._output import Output, plain_warnings


def backtest(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A file like the one trained on.")
    ],
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="First origin; a number counts rows from the end, below 1 a share.",
        ),
    ] = None,
    stride: Annotated[
        int | None,
        typer.Option(help="Steps between origins; the horizon else."),
    ] = None,
    refit: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Fit the linear part again before every N-th origin."
        ),
    ] = None,
    window: Annotated[
        int | None, typer.Option(help="With --refit: on so many rows, not on all.")
    ] = None,
    epochs: Annotated[
        int, typer.Option(help="With --refit: the network goes on for so many.")
    ] = 0,
    missing: opt.Missing = None,
    encoding: opt.Encoding = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=f"Write instead of showing: {', '.join(WRITERS)}."
        ),
    ] = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Forecast from many origins of a series, none seeing beyond its own.

    Shows a row for each step of each forecast beside the truth, the mean absolute
    error and the share of the truth inside the intervals.

    Example: elman backtest runs/bikes-1 bikes.csv --start 2011-12-01 --refit 1
    """
    if out is not None:
        check_format("--out", out)
        check_destination("--out", out, force)
    import elman

    from ._predict import open_like

    estimator = elman.load(run)
    check_able(run, estimator.task, "backtest")
    table = open_like(data, missing, encoding, estimator.reading_)
    opt.say(table.notes)
    again: dict[str, Any] = {"refit": False if refit is None else refit}
    again |= {"window": window, "epochs": epochs}
    with plain_warnings():
        found = estimator.backtest(
            table, _moment(start), stride, **again, source=table.source
        )
    import numpy as np

    error = float(np.nanmean(np.abs(found.prediction - found.truth)))
    scores = {"origins": float(len(found)), "MAE": error, "coverage": found.coverage()}
    deliver(found.to_frame(), scores, out, Output(as_json))


def _moment(start: str | None) -> int | float | str | None:
    """Return a number as one, and a time as its text."""
    for kind in (int, float):
        try:
            return kind(start or "")
        except ValueError:
            continue
    return start
