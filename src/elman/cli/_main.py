"""The entry point, and what every error looks like to the user."""

from __future__ import annotations

import errno
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from elman._errors import InputError

from . import _members

_USAGE = 2
_INTERRUPTED = 130
_TERMINATED = 143


class Interrupted(Exception):  # noqa: N818 - an event, not an error
    """Ctrl-C, with a line that says what survived."""


class Terminated(Exception):  # noqa: N818 - an event, not an error
    """SIGTERM, with a line that says how to go on."""


class Commands(TyperGroup):
    """The group of all commands: turns errors into one line and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; anything the user can mend ends with status 2."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            reason = _members.fail(_one_line(error))
            raise _end(f"error: {reason}", _USAGE) from None
        except Interrupted as event:
            raise _end(str(event), _INTERRUPTED) from None
        except Terminated as event:
            raise _end(str(event), _TERMINATED) from None
        except KeyboardInterrupt:
            raise _end("interrupted", _INTERRUPTED) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            where = f"{error.filename}: " if error.filename else ""
            reason = (error.strerror or str(error)).lower()
            reason = _members.fail(f"{where}{reason}")
            raise _end(f"error: {reason}", _USAGE) from None
        except RuntimeError as error:
            if not _members.lost(error):
                raise
            # Not through _end: who launched this one is to start all again.
            if not _members.follows():
                typer.echo("elman: another process has ended", err=True)
            raise typer.Exit(1) from None
        finally:
            _members.leave()


def main() -> None:
    """Run ``elman`` with the arguments of the process."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter shows a question mark, not a traceback.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    if _members.follows():
        _members.be_silent()
    from ._app import app

    app(prog_name="elman")


def _end(line: str, status: int) -> typer.Exit:
    if not _members.follows():
        typer.echo(f"elman: {line}", err=True)
    return _members.end(status)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
