"""The C++ compiler of this machine: which it is, and one library by it."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

TIMEOUT = 120.0
"""Seconds after which a compiler counts as hanging; half a second is usual."""

_NAMES = ("c++", "g++", "clang++")
_FLAGS = ("-std=c++20", "-w", "-shared", "-fPIC", "-fvisibility=hidden", "-x", "c++")
_RUNNING: set[subprocess.Popen[bytes]] = set()


class CompileError(Exception):
    """A cell cannot be compiled here; the message says why in one line."""


def command() -> tuple[str, ...]:
    """Return how the compiler is called: ``$CXX``, or the first there is.

    Raises
    ------
    CompileError
        If there is none.
    """
    given = os.environ.get("CXX", "")
    try:
        words = shlex.split(given)
    except ValueError as error:
        raise CompileError(f"CXX={given!r} cannot be read ({error})") from error
    if words:
        if shutil.which(words[0]) is None:
            raise CompileError(f"the compiler {words[0]!r} that CXX names is not there")
        return tuple(words)
    for name in _NAMES:
        if shutil.which(name):
            return (name,)
    raise CompileError(f"there is no C++ compiler (looked for {', '.join(_NAMES)})")


@functools.cache
def identity(words: tuple[str, ...]) -> str:
    """Return which compiler a command is: its file, and what it says of itself.

    Raises
    ------
    CompileError
        If it does not say.
    """
    return f"{shutil.which(words[0])}\n{_run([*words, '--version'], b'', TIMEOUT)}"


def compile_library(
    words: tuple[str, ...], flags: tuple[str, ...], text: str, target: Path
) -> None:
    """Compile a text.

    Parameters
    ----------
    words : tuple of str
        The compiler.
    flags : tuple of str
        Beside those of every library.
    text : str
    target : Path
        The library's file, written in place.

    Raises
    ------
    CompileError
        With the first error the compiler names.
    """
    _run([*words, *flags, *_FLAGS, "-", "-o", str(target)], text.encode(), TIMEOUT)


def described(flags: tuple[str, ...]) -> str:
    """Return all that a library's bits depend on beside its text and its compiler."""
    return " ".join((*flags, *_FLAGS))


def _run(words: list[str], given: bytes, timeout: float) -> str:
    """Return what a program prints; a hanging one ends with all it has started."""
    try:
        started = subprocess.Popen(  # noqa: S603 - the user's own compiler
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError as error:
        raise CompileError(f"{words[0]} cannot be run ({error.strerror})") from error
    _RUNNING.add(started)
    try:
        out, errors = started.communicate(given, timeout)
    except subprocess.TimeoutExpired:
        raise CompileError(f"{words[0]} has not ended within {timeout:.0f} s") from None
    finally:
        _RUNNING.discard(started)
        if started.returncode is None:
            _end(started)
    if started.returncode:
        lines = errors.decode("utf-8", "replace").splitlines()
        first = next((line for line in lines if "error" in line), "")
        first = first or (lines[0] if lines else "no message")
        raise CompileError(
            f"{words[0]} ended with status {started.returncode}: {first.strip():.200}"
        )
    return out.decode("utf-8", "replace")


def _end(started: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(started.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        started.kill()
    started.communicate()  # and close the pipes


@atexit.register
def _end_all() -> None:
    """No compiler outlives the process that wanted its library."""
    for started in list(_RUNNING):
        _end(started)
