"""An explanation as a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elman._files import replace_durably

from ._page import render


def write_explanation(path: Path, explanation: Mapping[str, Any]) -> None:
    """Draw what counted for predictions; the file appears whole or not at all.

    Parameters
    ----------
    path : path
    explanation : mapping
        What `elman.tasks.Explanation.to_dict` returns.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    kind = str(explanation.get("kind") or "")
    title = "What made these predictions"
    page = render({"task": kind, "title": title, "explanation": dict(explanation)})
    replace_durably(path, page.encode())
