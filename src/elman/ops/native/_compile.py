"""Cells compiled when they first run, where that is wished and there is a compiler.

What is compiled are the pieces that the core would interpret, from the same text as its
own, so that the bits are the same, and a cell may change over in the midst of a
training.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import threading
import warnings
from typing import Any

import torch

from elman._errors import InputError
from elman.cells import Lowered, library_text

from ._border import BUILT
from ._compiler import CompileError, command, compile_library, described, identity
from ._library_folder import folder, keep, kept

VARIABLE = "ELMAN_COMPILE"


class _Switch:
    """Whether cells are compiled, and which have been seen to."""

    def __init__(self) -> None:
        self.mode: str | None = None  # None: what the variable says
        self.failed = False
        self.seen: set[tuple[int, bool, str]] = set()
        self.loaded: list[ctypes.CDLL] = []  # a library may be in use until the end


_SWITCH = _Switch()
_BUSY = threading.RLock()
_MODES = {"": "off", "0": "off", "1": "wait", "background": "background"}


def compile_cells(on: bool = True, *, background: bool = False) -> None:
    """Compile the cells of this process when they first run, or no longer.

    The core interprets a cell that you wrote, and any form of another that it was not
    built with. Compiled by the machine's own compiler it is quicker and gives the same
    bits. Libraries are kept in ``$XDG_CACHE_HOME/elman/cells``, by default
    ``~/.cache/elman/cells``, and taken from there by later processes. Where there is no
    compiler, it fails, or there is no folder that is closed to others, one warning says
    so and the core goes on interpreting. The variable ``ELMAN_COMPILE`` does the same
    for a whole process: ``1``, ``background``, or ``0``, which is the default.

    Parameters
    ----------
    on : bool
        False: nothing more is compiled, and what has been is interpreted again.
    background : bool
        Compile on a thread and interpret meanwhile; else the first call waits.

    Raises
    ------
    InputError
        If the compiled core is not there.

    Examples
    --------
    >>> import elman
    >>> elman.compile_cells()
    >>> elman.compile_cells(False)
    """
    if not BUILT:
        raise InputError(
            "compile_cells: Elman's compiled core is not there, and it is the core "
            "that runs compiled cells; pip install elman"
        )
    from elman._core import _native

    with _BUSY:
        if not on:
            _native.forget_provided()
        _SWITCH.mode = ("background" if background else "wait") if on else "off"
        _SWITCH.failed = False
        _SWITCH.seen.clear()


def at_first_use(lowered: Lowered, graph: Any, dtype: torch.dtype) -> None:
    """Compile a program for the instruction set in use, if that is wished.

    Parameters
    ----------
    lowered : Lowered
    graph
        It, as the core has parsed it.
    dtype : torch.dtype
    """
    mode = _SWITCH.mode or _mode()
    if mode == "off" or _SWITCH.failed:
        return
    from elman._core import _native

    doubles = dtype == torch.float64
    key = graph.hash, doubles, _native.isa()
    if key in _SWITCH.seen:
        return
    with _BUSY:
        if key in _SWITCH.seen:  # by another thread, meanwhile
            return
        if mode == "wait":
            _compile(lowered, graph, doubles)
        _SWITCH.seen.add(key)
    if mode == "background":
        threading.Thread(
            target=_compile, args=(lowered, graph, doubles), daemon=True
        ).start()


def _mode() -> str:
    """Return the mode that the variable asks for."""
    given = os.environ.get(VARIABLE, "")
    if given not in _MODES:
        raise InputError(f"{VARIABLE} must be 0, 1 or background, got {given!r}")
    _SWITCH.mode = _MODES[given]
    return _SWITCH.mode


def _compile(lowered: Lowered, graph: Any, doubles: bool) -> None:
    from elman._core import _native

    with _BUSY:
        if _SWITCH.failed or _SWITCH.mode == "off" or graph.compiled_for(doubles):
            return
        try:
            number = "double" if doubles else "float"
            text = _native.pieces_text() + library_text(lowered.program, number)
            _load(graph, text, tuple(_native.pieces_flags().split()))
        except CompileError as error:
            _SWITCH.failed = True
            warnings.warn(
                f"cells stay interpreted, with the same results: {error}",
                RuntimeWarning,
                stacklevel=2,
            )


def _load(graph: Any, text: str, flags: tuple[str, ...]) -> None:
    words, place = command(), folder()
    whole = "\n".join((identity(words), " ".join(words), described(flags), text))
    key = hashlib.sha256(whole.encode()).hexdigest()[:32]
    path = kept(place, key) or keep(
        place, key, lambda target: compile_library(words, flags, text, target)
    )
    try:
        library = ctypes.CDLL(str(path))
        library.elman_pieces.restype = ctypes.c_void_p
        _SWITCH.loaded.append(library)
        graph.provide(library.elman_pieces())
    except (OSError, AttributeError, ValueError) as error:
        raise CompileError(f"{path} cannot be used ({error})") from error


def _unlocked_in_child() -> None:
    """Give a forked worker a lock that no thread of its parent holds."""
    global _BUSY
    _BUSY = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlocked_in_child)
