"""The run that ``--force`` overwrites: put aside until the new one trains."""

from __future__ import annotations

import shutil
from pathlib import Path

from ._job import JOB

_ASIDE = ".previous"
_FILES = (JOB, "run.toml", "model.safetensors", "results.json", "report.html")


class PreviousRun:
    """What a run directory held before a training begins anew in it.

    While the training prepares, the old run waits in a folder of its own, so that
    nobody takes its model for the new one; an error before the first step puts it
    back.

    Parameters
    ----------
    directory : path
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.aside = directory / _ASIDE

    def put_aside(self) -> None:
        """Move the old run out of sight; one that already is there stays."""
        for name in _FILES:
            source = self.directory / name
            if not source.is_file():
                continue
            if (self.aside / name).exists():
                # Of a training that was killed as it prepared.
                source.unlink()
            else:
                self.aside.mkdir(exist_ok=True)
                source.replace(self.aside / name)

    def put_back(self) -> None:
        """Undo `put_aside`."""
        if not self.aside.is_dir():
            return
        for name in _FILES:
            if (self.aside / name).is_file():
                (self.aside / name).replace(self.directory / name)
        self.drop()

    def drop(self) -> None:
        """Remove the old run: the new one has begun."""
        shutil.rmtree(self.aside, ignore_errors=True)
