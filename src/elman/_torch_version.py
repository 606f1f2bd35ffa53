"""Which torch Elman runs on, asked without importing torch."""

from __future__ import annotations

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, version

OLDEST = (2, 10)
"""The first with DLPack's table of functions; pyproject.toml says the same."""


_USAGE = 2  # the status of the command with whatever the user can mend


def check_torch() -> None:
    """Raise an `ImportError` of one line if the torch here is too old.

    The command ends instead, with the same line: its traceback would begin before
    any of its own functions.
    """
    loaded = getattr(sys.modules.get("torch"), "__version__", None)
    try:
        found = str(loaded or version("torch"))
    except PackageNotFoundError:  # a build without metadata: its import tells
        return
    number = re.match(r"(\d+)\.(\d+)", found)
    if number is None or tuple(map(int, number.groups())) >= OLDEST:
        return
    wanted = ".".join(map(str, OLDEST))
    refusal = (
        f"elman needs torch {wanted} or newer, and torch {found} is installed; "
        f'run: pip install --upgrade "torch>={wanted}"'
    )
    if not _is_command():
        raise ImportError(refusal)
    if sys.stderr is not None:
        sys.stderr.write(f"elman: error: {refusal}\n")
    raise SystemExit(_USAGE)


def _is_command() -> bool:
    """Say whether the process is ``elman`` or ``python -m elman``."""
    called = sys.argv[0] if sys.argv else ""
    if called == "-m":  # as long as Python looks for the module
        return not {"elman", "-melman"}.isdisjoint(sys.orig_argv)
    return os.path.splitext(os.path.basename(called))[0] == "elman"
