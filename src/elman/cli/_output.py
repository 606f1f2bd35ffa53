"""What commands say: tables on a terminal, plain lines or JSON anywhere else."""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import typer

_MANY = 5
Rows = Sequence[Sequence[str]]


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether somebody looks at it; a closed one is None."""
    return stream is not None and stream.isatty()


@contextlib.contextmanager
def plain_warnings() -> Iterator[None]:
    """Say each warning in one line on standard error, as an error is said."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = say_warning
        yield


def say_warning(message: Warning | str, *details: Any, **more: Any) -> None:
    """Say a warning in one line, in place of `warnings.showwarning`."""
    with contextlib.suppress(OSError):  # a reader that has gone ends no work
        typer.echo(f"elman: warning: {' '.join(str(message).split())}", err=True)


class Output:
    """Standard output in one of three manners.

    Parameters
    ----------
    as_json : bool
        Say nothing but one document at the end.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.rich = not as_json and is_terminal(sys.stdout)

    def line(self, text: str = "", style: str | None = None) -> None:
        """Print one paragraph; a terminal wraps it at words."""
        if self.as_json:
            return
        if self.rich:
            _console().print(text, style=style, markup=False, highlight=False)
        else:
            typer.echo(text)

    def heading(self, text: str) -> None:
        """Print a title with a blank line above."""
        self.line()
        self.line(text, style="bold")

    def pairs(self, rows: Rows) -> None:
        """Print names and values in two columns."""
        if self.as_json or not rows:
            return
        if self.rich:
            from rich.table import Table
            from rich.text import Text

            grid = Table.grid(padding=(0, 2))
            grid.add_column(style="dim")
            grid.add_column(overflow="fold")
            for name, value in rows:
                grid.add_row(Text(name), Text(value))
            _console().print(grid)
            return
        width = max(len(name) for name, _ in rows)
        for name, value in rows:
            typer.echo(f"{name:<{width}}  {value}".rstrip())

    def table(self, header: Sequence[str], rows: Rows, best: int | None = None) -> None:
        """Print a table, first column left, numbers right; mark one row."""
        if self.as_json:
            return
        if self.rich:
            from rich import box
            from rich.table import Table
            from rich.text import Text

            table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
            for i, name in enumerate(header):
                # On a narrow terminal names fold, numbers stay whole.
                table.add_column(
                    Text(name),
                    justify="right" if i else "left",
                    overflow="fold",
                    no_wrap=bool(i) and len(header) < _MANY,
                )
            for i, row in enumerate(rows):
                table.add_row(*map(Text, row), style="bold green" if i == best else "")
            _console().print(table)
            return
        marked = [list(row) for row in rows]
        if best is not None:
            marked[best][0] += " *"
        widths = [max(map(len, column)) for column in zip(header, *marked, strict=True)]
        for row in (header, *marked):
            cells = [
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            typer.echo("  ".join(cells).rstrip())

    def document(self, content: dict[str, Any]) -> None:
        """Print the JSON document, if that is the manner."""
        if self.as_json:
            typer.echo(
                json.dumps(content, ensure_ascii=False, allow_nan=False, default=_plain)
            )


def number(value: Any) -> str:
    """Return a number as people read it: four significant digits."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def _console() -> Any:
    from rich.console import Console

    return Console()
