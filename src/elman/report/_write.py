"""The report beside the run it describes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from elman._errors import RunDirectoryError
from elman._files import replace_durably

from ._page import render


def write_report(run_directory: Path) -> Path:
    """Draw ``report.html`` from the ``results.json`` of a run directory.

    The file appears whole or not at all; an older one stays until then.

    Parameters
    ----------
    run_directory : Path
        Where an estimator was saved.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    RunDirectoryError
        The directory has no readable ``results.json``.
    OSError
        The directory cannot be written to.
    """
    directory = Path(run_directory)
    if directory.exists() and not directory.is_dir():
        raise RunDirectoryError(f"{directory} is a file, not a run directory")
    page = render(_results(directory))
    target = directory / "report.html"
    replace_durably(target, page.encode())
    return target


def _results(directory: Path) -> dict[str, Any]:
    path = directory / "results.json"
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunDirectoryError(
            f"{directory} holds no results.json, so there is nothing to report; give "
            "the directory of a finished run"
        ) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise RunDirectoryError(
            f"{path} is damaged ({error}); train again, or save the estimator again"
        ) from None
    if not isinstance(results, dict):
        raise RunDirectoryError(
            f"{path} holds a {type(results).__name__}, not the results of a run"
        )
    training = results.get("training")
    if isinstance(training, dict) and not training.get("history"):
        training["history"] = _history(directory / "metrics.jsonl")
    return results


def _history(path: Path) -> list[Any]:
    """Return the epochs of an interrupted run, as far as whole lines go."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    history = []
    for line in lines:
        try:
            history.append(json.loads(line))
        except ValueError:
            break
    return history
