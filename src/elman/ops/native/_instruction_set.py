"""Which instruction set the native path runs on."""

from __future__ import annotations

from elman._errors import InputError


def instruction_set() -> str:
    """Return "avx512", "avx2", "neon" or "scalar", or "none" without the core.

    Raises
    ------
    InputError
        If ``ELMAN_ISA`` asks for one that is unknown or not supported here.
    """
    try:
        from elman._core import _native
    except ModuleNotFoundError:
        return "none"
    try:
        return _native.isa()
    except ValueError as error:
        raise InputError(str(error)) from error
