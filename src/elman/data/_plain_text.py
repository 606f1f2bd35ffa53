"""A text file as one text."""

from __future__ import annotations

import os
from pathlib import Path

from ._table import existing_file, read_content
from .text._encoding import Decoded, decode


def read_text(path: str | os.PathLike[str], encoding: str | None = None) -> Decoded:
    r"""Return a file's text, and notes on how it was read.

    Every line ends in ``\n``, whatever the file has.

    Parameters
    ----------
    path : path
        May be packed with gzip.
    encoding : str, optional
        Such as ``"cp1252"``; found if not given.

    Raises
    ------
    InputError
        There is no such file, it is empty or not text: one line that names it.
    """
    file = existing_file(path)
    found = decode(read_content(file), file, encoding, ("text", "a text file"))
    return Decoded(same_ends(found.text), [f"{file}: {note}" for note in found.notes])


def decode_text(content: bytes, name: str, encoding: str | None = None) -> Decoded:
    r"""Return the text of bytes that are from no file, every line ending in ``\n``.

    Parameters
    ----------
    content : bytes
    name : str
        What to call them in messages.
    encoding : str, optional

    Raises
    ------
    InputError
        They are empty or not text.
    """
    found = decode(content, Path(name), encoding, ("text", "a text"))
    return Decoded(same_ends(found.text), [f"{name}: {note}" for note in found.notes])


def same_ends(text: str) -> str:
    r"""Return a text with every line ending in ``\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
