"""``elman report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from elman.cli import _options as opt
from elman.cli._output import Output


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    as_json: opt.Json = False,
) -> None:
    """Draw the report of a run again.

    Example: elman report runs/bikes-1
    """
    from elman.report import write_report

    path = write_report(run)
    out = Output(as_json)
    out.line(f"report: {path}")
    out.document({"report": str(path)})
