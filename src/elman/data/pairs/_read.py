"""Files of pairs."""

from __future__ import annotations

import os
from pathlib import Path

from elman._errors import InputError
from elman.data._plain_text import read_text

from ._pairs import Pairs, without_empty

_SHOWN = 40


def read_pairs(
    path: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    encoding: str | None = None,
) -> Pairs:
    """Return the pairs of a table with a tab between both sides, or of two files.

    Parameters
    ----------
    path : path
        A row a pair: source, tab, target; more fields are not read. With a second
        file, the sources alone, a line each.
    target : path, optional
        The targets, a line each, in the order of the sources.
    encoding : str, optional
        Of both; found if not given.

    Returns
    -------
    Pairs
        Those with an empty side are left out, which a note says.

    Raises
    ------
    InputError
        A file is empty or not text, a row has no tab, or the files differ in their
        number of lines: one line that names the file and the line.
    """
    if target is None:
        return _of_table(Path(path), encoding)
    return _of_two(Path(path), Path(target), encoding)


def _of_table(path: Path, encoding: str | None) -> Pairs:
    found = read_text(path, encoding)
    rows = found.text.split("\n")
    source, target, more = [], [], 0
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        fields = row.split("\t")
        if len(fields) < 2:
            raise InputError(_no_tab(path, number, row, rows))
        more += len(fields) > 2
        source.append(fields[0])
        target.append(fields[1])
    pairs = without_empty(source, target, str(path))
    notes = [*found.notes, *pairs.notes]
    if more:
        rest = "row has" if more == 1 else "rows have"
        notes.append(
            f"{path}: {more:,} {rest} more than two fields: the first two are read"
        )
    return Pairs(pairs.source, pairs.target, notes)


def _no_tab(path: Path, number: int, row: str, rows: list[str]) -> str:
    shown = row.strip()
    shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
    if not any("\t" in row for row in rows):
        return (
            f"{path}: no row has a tab between source and target (row {number}:"
            f" {shown!r}); put one there, or give two files, SOURCE TARGET, with a"
            " line for each pair"
        )
    return (
        f"{path}, row {number}: there is no tab between source and target ({shown!r});"
        " put one there, or take the row out"
    )


def _of_two(source: Path, target: Path, encoding: str | None) -> Pairs:
    found = [read_text(path, encoding) for path in (source, target)]
    left, right = (one.text.removesuffix("\n").split("\n") for one in found)
    # A file may end in more line ends than the other.
    shorter, longer = sorted((left, right), key=len)
    while len(longer) > len(shorter) and not longer[-1].strip():
        longer.pop()
    if len(left) != len(right):
        raise InputError(
            f"{source} has {_lines(left)} and {target} {_lines(right)}: line n of one"
            " must belong to line n of the other; take out what has no counterpart, or"
            " leave an empty line in its place"
        )
    pairs = without_empty(left, right, f"{source.name}, {target.name}")
    notes = [note for one in found for note in one.notes]
    return Pairs(pairs.source, pairs.target, [*notes, *pairs.notes])


def _lines(lines: list[str]) -> str:
    return f"{len(lines):,} line{'s' * (len(lines) != 1)}"
