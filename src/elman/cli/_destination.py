"""A file to write: checked before the work, so that none is lost after it."""

from __future__ import annotations

from pathlib import Path

from elman._errors import InputError


def check_destination(option: str, path: Path, force: bool) -> None:
    """Raise unless the file can be written, and nothing is lost by it.

    Parameters
    ----------
    option : str
        The option that named the file, for the message.
    path : path
    force : bool
        Whether a file that is there may be overwritten.

    Raises
    ------
    InputError
        It is a folder, exists, or cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{option} {path} is a folder; name a file in it")
    if path.exists() and not force:
        raise InputError(
            f"{option} {path} exists; name another file, or add --force to overwrite it"
        )
    trial = path.with_name(path.name + ".partial")
    try:
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        raise InputError(
            f"{option} {path} cannot be written"
            f" ({(error.strerror or str(error)).lower()})"
        ) from None
