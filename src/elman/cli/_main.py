"""The group of all commands, and what every error looks like to the user."""

from __future__ import annotations

import errno
import itertools
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from elman._errors import InputError

from .run import _members

_INCOMPLETE = 1
_USAGE = 2
_INTERRUPTED = 130
_TERMINATED = 143


class Interrupted(Exception):  # noqa: N818 - an event, not an error
    """Ctrl-C, with a line that says what survived."""


class Incomplete(Exception):  # noqa: N818 - an outcome, as much as an error
    """The model is trained and saved, but something after it failed."""


class Terminated(Exception):  # noqa: N818 - an event, not an error
    """SIGTERM, with a line that says how to go on."""


# What the parser raises; typer's own or click's, depending on its version.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


class Commands(TyperGroup):
    """The group of all commands: turns errors into one line and an exit status."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Parse what comes before the command."""
        try:
            return super().make_context(*arguments, **more)
        except _UsageError as error:
            raise _misused(error) from None
        except OSError as error:  # where the help should go
            raise _failed(error) from None

    def invoke(self, ctx: Any) -> Any:
        """Run the command; anything the user can mend ends with status 2."""
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            raise _misused(error) from None
        except InputError as error:
            reason = _members.fail(_one_line(error))
            raise _end(f"error: {reason}", _USAGE) from None
        except Incomplete as error:
            raise _end(f"error: {_one_line(error)}", _INCOMPLETE) from None
        except Interrupted as event:
            raise _end(str(event), _INTERRUPTED) from None
        except Terminated as event:
            raise _end(str(event), _TERMINATED) from None
        except KeyboardInterrupt:
            raise _end("interrupted", _INTERRUPTED) from None
        except OSError as error:
            raise _failed(error) from None
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


def _failed(error: OSError) -> Exception:
    """Return what ends a command that the system refused something."""
    if error.errno == errno.EPIPE:  # a reader that has seen enough
        return error
    where = f"{error.filename}: " if error.filename else ""
    reason = (error.strerror or str(error)).lower()
    reason = _members.fail(f"{where}{reason}")
    return _end(f"error: {reason}", _USAGE)


def _misused(error: Any) -> Exception:
    """Return what ends a command that was called in a wrong way."""
    if type(error).__name__ == "NoArgsIsHelpError":  # shows the help
        return error  # type: ignore[no-any-return]
    options = getattr(getattr(error, "param", None), "opts", [])
    given = ""
    for word, following in itertools.pairwise([*sys.argv[1:], ""]):
        name, equals, value = word.partition("=")
        if name in options:
            given = f" (got {value if equals else following!r})"
    said = _one_line(error.format_message()).rstrip(".")
    said = said[:1].lower() + said[1:] + given
    stop = "" if said.endswith("?") else ";"
    where = error.ctx.command_path if error.ctx else "elman"
    return _end(f"error: {said}{stop} see: {where} --help", _USAGE)


def _one_line(error: Exception | str) -> str:
    return " ".join(str(error).split())
