"""Pairs of texts to train on and to score on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from elman._errors import InputError
from elman.data import Pairs, held_out_pairs, met_before, read_pairs

from ._text import TextParts

_MOST = 2000


def held_out(data: Path, fit: Mapping[str, Any], seed: int) -> TextParts:
    """Read the pairs and part them.

    Parameters
    ----------
    data : path
        The pairs, or their sources.
    fit : mapping
        target, valid and test: files; encoding, share.
    seed : int
        Draws the share that is held out to score on, if there are no others.

    Raises
    ------
    InputError
        A file cannot be read as pairs, or the share is out of range.
    """
    share = fit["share"]
    if not 0 <= share < 1:
        raise InputError(f"--test-fraction must be at least 0 and below 1, got {share}")
    encoding = fit.get("encoding")
    own = [data, *map(_near, fit.get("target") or ())]
    whole = _read(own, encoding)
    notes, read = list(whole.notes), own[1:]
    others: dict[str, Pairs | None] = {}
    for name in ("valid", "test"):
        files = [_near(file) for file in fit.get(name) or ()]
        read += files
        found = _read(files, encoding) if files else None
        notes += found.notes if found else []
        others[name] = found
    test, split = others["test"], f"test, {_named(fit.get('test') or ())}"
    if test is None and share:
        whole, test = held_out_pairs(whole, share, _MOST, seed)
        split = "test, held out at random"
    elif test is not None and (met := met_before(whole, test)):
        notes.append(
            f"{met:,} of {len(test):,} sources of the test part are in the training"
            " part too"
        )
    valid = others["valid"]
    train: Any = (
        whole.source,
        whole.target,
        None if valid is None else (valid.source, valid.target),
    )
    held: Any = None if test is None else (test.source, test.target)
    return TextParts(train, held, split, notes, {}, files=tuple(read))


def files_of(
    option: str, given: Sequence[Path] | None, own: Sequence[Path]
) -> list[str] | None:
    """Return the files that an option names, absolute.

    Parameters
    ----------
    option : str
    given : sequence of path or None
        A table of pairs; both sides' files; or, of two, what their names begin with.
    own : sequence of path
        Those that are trained on.

    Raises
    ------
    InputError
        They are more than two.
    """
    if not given:
        return None
    if len(given) > 2:
        raise InputError(
            f"{option} takes a table of pairs, or the sources' file and the targets',"
            f" got {len(given)} files"
        )
    found = list(given)
    if len(given) == 1 and len(own) == 2 and not given[0].is_file():
        found = [Path(f"{given[0]}{path.suffix}") for path in own]
    return [str(path.absolute()) for path in found]


def _read(files: Sequence[Path], encoding: str | None) -> Pairs:
    return read_pairs(files[0], files[1] if len(files) > 1 else None, encoding)


def _near(file: str) -> Path:
    """Return an absolute path as it is from here, where that is shorter."""
    path, here = Path(file), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _named(files: Sequence[str]) -> str:
    return ", ".join(Path(file).name for file in files)
