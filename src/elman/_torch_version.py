"""Which torch Elman runs on, asked without importing torch."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, version

OLDEST = (2, 10)
"""The first with DLPack's table of functions; pyproject.toml says the same."""


def check_torch() -> None:
    """Raise an `ImportError` of one line if the torch here is too old."""
    loaded = getattr(sys.modules.get("torch"), "__version__", None)
    try:
        found = str(loaded or version("torch"))
    except PackageNotFoundError:  # a build without metadata: its import tells
        return
    number = re.match(r"(\d+)\.(\d+)", found)
    if number and tuple(map(int, number.groups())) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise ImportError(
            f"elman needs torch {wanted} or newer, and torch {found} is installed; "
            f'run: pip install --upgrade "torch>={wanted}"'
        )
