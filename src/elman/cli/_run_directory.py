"""The folder a training run writes to: checked before, never left half-made."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import typer

from elman._errors import InputError

from ._main import Interrupted

_BEST = Path("checkpoints") / "best.safetensors"
# Seconds of silence before a terminal is told what is going on.
_WAIT = 2.0


class RunDirectory:
    """A run directory from the first check to the last file.

    As a context manager: an error before training has begun removes what was
    made, Ctrl-C says what survived.

    Parameters
    ----------
    out : path or None
        Where; None takes the first free ``runs/NAME-n``.
    name : str
        The data's name, for the default.
    force : bool
        Whether a folder that is not empty may be written to.

    Raises
    ------
    InputError
        It is a file, not empty, or cannot be written to.
    """

    def __init__(self, out: Path | None, name: str, force: bool) -> None:
        self.path = _free(name) if out is None else out
        self.started = False
        self._made: list[Path] = []
        self._patience = threading.Timer(_WAIT, _say_preparing)
        self._patience.daemon = True
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"--out {self.path} is a file; name a folder")
        try:
            if self.path.is_dir() and any(self.path.iterdir()) and not force:
                raise InputError(
                    f"--out {self.path} is not empty; name another folder, or add"
                    " --force to overwrite the run in it"
                )
            self._make()
        except OSError as error:
            self._remove()
            raise InputError(
                f"--out {self.path} cannot be written to"
                f" ({(error.strerror or str(error)).lower()}); name another folder"
            ) from None

    def callbacks(self) -> list[Any]:
        """Return what watches the training: metrics and the best weights so far."""
        from elman.training import BestWeights, Callback, MetricsFile, TrainingState

        directory = self

        class Started(Callback):
            """Mark that there is something worth keeping."""

            def on_start(self, state: TrainingState) -> None:
                directory.started = True
                directory._patience.cancel()

        return [
            Started(),
            MetricsFile(self.path / "metrics.jsonl"),
            BestWeights(self.path / _BEST),
        ]

    def __enter__(self) -> Self:
        """Return the directory; a terminal hears why nothing moves yet."""
        if sys.stderr.isatty():
            self._patience.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clean up after an error."""
        self._patience.cancel()
        if kind is None:
            return
        if not self.started:
            self._remove()
        if kind is KeyboardInterrupt:
            best = self.path / _BEST
            if self.started and best.exists():
                raise Interrupted(f"interrupted; the best weights so far are in {best}")
            raise Interrupted("interrupted before training; nothing was written")

    def _make(self) -> None:
        """Make the folder and try a file in it."""
        missing = [
            p for p in (self.path, *self.path.absolute().parents) if not p.exists()
        ]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)
        trial = self.path / ".elman-trial"
        trial.write_bytes(b"")
        trial.unlink()

    def _remove(self) -> None:
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                return


def _free(name: str) -> Path:
    """Return the first ``runs/NAME-n`` that is not there."""
    slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "run"
    number = 1
    while (path := Path("runs") / f"{slug}-{number}").exists():
        number += 1
    return path


def _say_preparing() -> None:
    typer.echo("preparing: scales, the linear part, the reach of gradients", err=True)
