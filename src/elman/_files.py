"""Files that are whole or absent when written, and never trusted when read."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

JSON_LIMIT = 256 * 2**20
_HEADER_LENGTH = 8


def write_durably(path: Path, content: bytes) -> None:
    """Write a new file and wait until the disk has it.

    Raises
    ------
    OSError
        Including a disk that is full; what was written so far stays.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    number = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(number, rest) :]
        os.fsync(number)
    finally:
        os.close(number)


def sync_directory(path: Path) -> None:
    """Wait until the disk has the names in a directory."""
    if os.name == "nt":  # has no such call
        return
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def replace_durably(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old content or the new, never a part.

    Raises
    ------
    OSError
        The old content stays.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        write_durably(partial, content)
        os.replace(partial, path)
    except BaseException:  # Ctrl-C as well
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise
    sync_directory(path.parent)


def read_file(path: Path, limit: int | None = None) -> bytes:
    """Return the content of an ordinary file.

    Parameters
    ----------
    path : Path
        A link, a device or a pipe is refused: reading it might never end, or
        read another file than the one that was checked.
    limit : int or None
        Bytes above which it is refused unread.

    Raises
    ------
    InputError
        The file is no ordinary file, or too large.
    OSError
        It is missing or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        number = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise InputError(f"{path} is a link; copy the file itself there") from None
        raise
    with os.fdopen(number, "rb") as file:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path} is not an ordinary file")
        if limit is not None and found.st_size > limit:
            raise InputError(
                f"{path} has {found.st_size:,} bytes, more than the {limit:,} that"
                " such a file may have"
            )
        return file.read() if limit is None else file.read(limit)


def parse_json(content: bytes, path: Path) -> Any:
    """Return the value of a JSON file; NaN, double keys and deep nests are refused.

    Raises
    ------
    InputError
        One line that names the file.
    """
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] or type(error).__name__
        raise InputError(f"{path} is not a sound JSON file ({reason:.200})") from None


def parse_tensors(content: bytes, path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file.

    Names, types, shapes and places are checked against the number of bytes there
    are before any tensor is made.

    Raises
    ------
    InputError
        One line that names the file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    if len(content) < _HEADER_LENGTH:
        raise InputError(f"{path} has only {len(content)} bytes: no safetensors file")
    length = int.from_bytes(content[:_HEADER_LENGTH], "little")
    if length > len(content) - _HEADER_LENGTH:
        raise InputError(
            f"{path} is cut short: its header says {length:,} bytes, the file has"
            f" {len(content) - _HEADER_LENGTH:,}"
        )
    parse_json(content[_HEADER_LENGTH : _HEADER_LENGTH + length], path)
    try:
        return load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"{path} is not a sound safetensors file ({reason:.200})"
        ) from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {double[:60]!r} comes twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
