"""A user's own cell in a run directory: its equations as plain data, no code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elman import cells
from elman._errors import InputError, RunDirectoryError
from elman._files import replace_durably
from elman.cells import Cell

CELL = "cell.json"
_EQUATIONS = ("states", "gates", "heads", "nodes", "after")


def chosen_by(parameters: Mapping[str, Any], kind: type) -> str:
    """Return which of an estimator's parameters says what its cell is.

    Parameters
    ----------
    parameters : mapping
    kind : type
        Of the estimator: of some an encoder is another thing than the cell.
    """
    apart = getattr(kind, "_encoder_apart", False)
    return "cell" if apart or parameters.get("encoder") is None else "encoder"


def write_cell(estimator: Any, directory: Path) -> tuple[str | None, bool]:
    """Write the equations of an estimator's cell, where they are a user's own.

    Returns
    -------
    str or None
        The digest of the file; None without one.
    bool
        Whether the cell was given itself, not by its name.
    """
    found = cells.given(
        getattr(estimator, chosen_by(vars(estimator), type(estimator)), None)
    )
    itself = isinstance(found, Cell)
    if not itself and (found not in cells.names() or cells.is_shipped(found)):
        return None, False
    data = cells.stored(cells.cell(found))
    content = json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
    replace_durably(directory / CELL, content)
    return hashlib.sha256(content).hexdigest(), itself


def plain_cell(value: Any) -> Any:
    """Return a configuration with cells as what they are called."""
    if isinstance(value, Mapping):
        return {k: plain_cell(v) for k, v in value.items()}
    found = cells.given(value)
    return repr(found) if isinstance(found, Cell) else found


def with_cell(value: Any, cell: Cell) -> Any:
    """Return the configuration of a network with this cell in it."""
    if not isinstance(value, Mapping):
        return value
    return {k: cell if k == "cell" else with_cell(v, cell) for k, v in value.items()}


def read_cell(
    name: object, directory: Path, content: bytes, digest: str, itself: bool
) -> Cell:
    """Return a run's own cell, by its name known unless it is already.

    Parameters
    ----------
    name : object
        What the estimator calls it.
    directory : Path
    content : bytes
        Of the file.
    digest : str
        As the run names it.
    itself : bool
        Whether it was given itself: it has no name then.

    Raises
    ------
    RunDirectoryError
        If the file is another, or a cell of that name has other equations.
    """
    path = directory / CELL
    if hashlib.sha256(content).hexdigest() != digest:
        raise RunDirectoryError(
            f"{path} is not the file the run was written with (truncated, changed or "
            "from another run); restore it or train again"
        )
    try:
        data = json.loads(content)
        found = cells.restored(data)
    except (ValueError, InputError) as error:
        raise RunDirectoryError(f"{path} does not hold a cell ({error})") from error
    if not isinstance(name, str):
        raise RunDirectoryError(f"{path}: the run names no cell")
    if itself:
        return found
    if name not in cells.names():
        cells.register(type(found), name)
        return found
    # Both read again: a class and its stored form number their nodes differently.
    known, own = cells.restored(cells.stored(cells.cell(name))), found
    pair = [cells.stored(each) for each in (known, own)]
    if any(pair[0][key] != pair[1][key] for key in _EQUATIONS):
        raise RunDirectoryError(
            f"{path}: the cell {name!r} that is registered has other equations than "
            "the one the run was trained with; load it where that one is registered, "
            "or none of that name"
        )
    return found
