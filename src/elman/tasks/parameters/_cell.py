"""The parameter that says which cell, and how the command line asks for it."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from elman import cells
from elman._errors import InputError, did_you_mean
from elman.cells import Cell

_WRITTEN = re.compile(r"(?:(?P<file>.+\.py):)?(?P<name>\w+)(?P<options>\(.*\))?", re.S)
_OWN = (
    "a class of yours goes as it is (cell=MyCell), and by name after "
    "elman.cells.register(MyCell)"
)


def cell_names() -> Sequence[str]:
    """Return every recurrent cell by its name."""
    from elman.models import CELLS

    return tuple(CELLS)


def encoder_names() -> Sequence[str]:
    """Return every encoder by its name, cells among them."""
    from elman.models import ENCODERS

    return tuple(ENCODERS)


def only_reads(name: str) -> bool:
    """Return whether an encoder is no cell, so that it cannot write."""
    return name in encoder_names() and name not in cell_names()


@dataclass(frozen=True)
class CellKind:
    """A name, a subclass of `elman.Cell`, or an instance of one.

    Parameters
    ----------
    words : callable
        Returns the names.
    encoder : bool
        Whether there is a parameter ``encoder`` for what only reads.
    """

    words: Callable[[], Sequence[str]]
    encoder: bool = False

    def __call__(self, name: str, value: Any) -> str | Cell:
        """Return the name, or the cell."""
        words = list(self.words())
        found = cells.given(value)
        if isinstance(found, Cell) or (isinstance(found, str) and found in words):
            return found
        if self.encoder and isinstance(found, str) and only_reads(found):
            raise InputError(
                f"{name}: {found} only reads; write encoder={found!r}, and as {name}"
                " the cell that writes"
            )
        if isinstance(found, str) and found:
            _written_for_a_command(name, found, words)
        asked = value.__name__ if isinstance(value, type) else str(value)
        raise InputError(
            f"{name} must be one of {', '.join(words)}, or an elman.Cell; got {value!r}"
            f"{did_you_mean(asked, words)}; {_OWN}"
        )

    def __str__(self) -> str:
        """Return the names in braces, and the type."""
        words = ", ".join(f'"{word}"' for word in self.words())
        return f"{{{words}}}, or a subclass of `Cell` or an instance"


def _written_for_a_command(name: str, text: str, words: Sequence[str]) -> None:
    """Refuse what only commands read with what to write instead of it."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or (found["file"] is None and found["options"] is None):
        return
    kind, options = found["name"], (found["options"] or "()")[1:-1]
    if found["file"] is not None:
        write = f"{kind}({options})" if options else kind
        raise InputError(
            f"{name}: {text!r} is for commands; in Python import the class and write "
            f"{name}={write}"
        )
    if kind in words:
        raise InputError(
            f"{name}: {text!r} is for commands; in Python write "
            f'{name}=elman.cells.cell("{kind}", {options})'
        )


def cell_reader(
    words: Callable[[], Sequence[str]], *, encoder: bool = False
) -> Callable[[str, str], str | Cell]:
    """Return what reads an option that names a cell.

    Parameters
    ----------
    words : callable
        Returns the names that may stand alone.
    encoder : bool
        Whether there is an option ``--encoder`` for what only reads.
    """

    def read(flag: str, text: str) -> str | Cell:
        if encoder and only_reads(text.strip()):
            raise InputError(
                f"{flag}: {text.strip()} only reads; write --encoder {text.strip()},"
                f" and as {flag} the cell that writes"
            )
        return read_cell(flag, text, words())

    return read


def read_cell(flag: str, text: str, words: Sequence[str]) -> str | Cell:
    """Return the cell that a text names.

    Parameters
    ----------
    flag : str
    text : str
        ``NAME``, ``NAME(option=value)``, ``FILE.py:CLASS`` or
        ``FILE.py:CLASS(option=value)``. A file is run, as Python would run it.
    words : sequence of str
        The names that may stand alone.

    Raises
    ------
    InputError
        With what can be written instead.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise InputError(
            f"{flag} takes a name, NAME(option=value) or FILE.py:CLASS, got {text!r}"
        )
    file, name, written = found["file"], found["name"], found["options"]
    if file is None and name not in words:
        raise InputError(
            f"{flag} must be one of {', '.join(words)}, or FILE.py:CLASS; got"
            f" {text!r}{did_you_mean(name, words)}"
        )
    if file is None and written is None:
        return str(name)
    if file is None and name not in cells.names():
        raise InputError(f"{flag}: {name} takes no options here; write {name} alone")
    options = {} if written is None else _options(flag, text, written)
    kind = cells.find(name) if file is None else _class_of(flag, Path(file), name)
    made = kind(**options)
    _ = made.traced  # what cannot be read is told here
    return cells.given(made)  # type: ignore[return-value]


def _options(flag: str, text: str, written: str) -> dict[str, Any]:
    """Return options that are written as Python calls, numbers and texts alone."""
    try:
        call = ast.parse(f"f{written}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise ValueError
        return {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError, RecursionError):
        raise InputError(
            f"{flag}: options are written as in cornn(dt=0.1), got {text!r}"
        ) from None


def _class_of(flag: str, path: Path, name: str) -> type[Cell]:
    if not path.is_file():
        raise InputError(f"{flag}: there is no file {path}")
    module = _run(flag, path)
    kind = getattr(module, name, None)
    if isinstance(kind, type) and issubclass(kind, Cell):
        return kind
    own = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Cell) and value is not Cell
    ]
    there = ", ".join(own) or "no subclass of elman.Cell"
    raise InputError(
        f"{flag}: {path} has no cell {name!r}; it has {there}{did_you_mean(name, own)}"
    )


def _run(flag: str, path: Path) -> ModuleType:
    """Run a file that the user named, as Python does a script: its folder is known."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{flag}: {path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    folder = str(path.parent.absolute())
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(
            f"{flag}: {path} cannot be run ({type(error).__name__}: {reason:.200})"
        ) from error
    finally:
        sys.path.remove(folder)
    return module
