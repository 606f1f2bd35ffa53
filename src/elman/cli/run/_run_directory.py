"""The folder a training run writes to: checked before, never left half-made."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import sys
import threading
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import typer

from elman._arguments import without_password
from elman._errors import InputError
from elman.cli._main import Interrupted, Terminated
from elman.cli._output import is_terminal, say_warning

from . import _members
from ._job import JOB, Job, read_job, versions
from ._previous import PreviousRun
from ._room import check_room

_CHECKPOINTS = "checkpoints"
_BEST = Path(_CHECKPOINTS) / "best.safetensors"
_DIVERGED = "diverged"
_SEARCH = "search"
_TRIAL = ".elman-trial"
# Seconds of silence before a terminal is told what is going on.
_WAIT = 2.0


class RunDirectory:
    """A run directory from the first check to the last file.

    As a context manager: an error before training has begun removes what was
    made, Ctrl-C and SIGTERM say what survived and how to go on.

    Parameters
    ----------
    out : path or None
        Where; None takes the first free ``runs/NAME-n``.
    name : str
        The data's name, for the default.
    force : bool
        Whether a folder that is not empty may be written to.
    job : Job or None
        That of a run to go on with; its folder is there.

    Raises
    ------
    InputError
        It is a file, not empty, cannot be written to, or another process trains
        there.
    """

    def __init__(
        self, out: Path | None, name: str, force: bool, job: Job | None = None
    ) -> None:
        from elman.training import DirectoryLock

        self.path = free_name(name) if out is None else out
        self.started = False
        self.job = job
        self._previous = PreviousRun(self.path)
        self._made: list[Path] = []
        self._patience = threading.Timer(_WAIT, _say_preparing)
        self._patience.daemon = True
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"--out {self.path} is a file; name a folder")
        try:
            if job is None and self._is_used() and not force:
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
        # Those that search share it, once the first of them has said what for.
        shared = job is not None and bool(job.search)
        self._lock = DirectoryLock(self.path, shared=shared)
        self._resume = job is not None
        if not self._resume:
            # Of the run that --force overwrites; its model goes when training begins.
            self._remove_parts()

    def begin(self, job: Job) -> None:
        """Write down what is about to be done, so that it can be resumed."""
        import torch

        if self._resume and self.job is not None:
            job = self.job
            if job.search:
                return
        else:
            job.command = self.command()
            job.versions, job.threads = versions(), torch.get_num_threads()
            self._previous.put_aside()
        job.launch, job.processes = _members.launch(), _members.count()
        job.finished = False
        job.write(self.path)
        self.job = job
        if job.search:
            self._lock.share()

    def is_finished(self) -> bool:
        """Return whether another process has brought the run to its end meanwhile."""
        return read_job(self.path).finished

    def end(self) -> None:
        """Write down that the run ended by itself, and drop its checkpoints."""
        self._previous.drop()
        if self.job is None:
            return
        self.job.finished = True
        self.job.write(self.path)
        for stage in (self.path / _CHECKPOINTS).glob("*"):
            if stage.is_dir():
                shutil.rmtree(stage, ignore_errors=True)

    def keep(self) -> None:
        """Mark that there is something worth keeping."""
        self.started = True
        self._previous.drop()
        self._patience.cancel()

    @property
    def search(self) -> Path:
        """Where a search keeps its trials."""
        return self.path / _SEARCH

    def checkpoints(self) -> Any:
        """Return where the training keeps its checkpoints."""
        from elman.training import Checkpoints

        place = self.path / _CHECKPOINTS
        every = self.job.checkpoint_every if self.job else None
        if every is None:
            return Checkpoints(place, resume=self._resume)
        return Checkpoints(place, every_seconds=every, resume=self._resume)

    def callbacks(self) -> list[Any]:
        """Return what watches the training: metrics and the best weights so far."""
        from elman.training import (
            BestWeights,
            Callback,
            KeepDivergence,
            MetricsFile,
            TensorBoard,
            TrainingState,
        )

        directory = self

        class Started(Callback):
            """Mark that there is something worth keeping."""

            def on_start(self, state: TrainingState) -> None:
                if not directory._resume:
                    check_room(directory.path, state.module)
                directory.keep()
                directory._say_where(state)

        board = self.job and self.job.tensorboard
        return [
            Started(),
            MetricsFile(self.path / "metrics.jsonl"),
            BestWeights(self.path / _BEST),
            KeepDivergence(self.path / _DIVERGED),
            *([TensorBoard(board)] if board else []),
        ]

    def __enter__(self) -> Self:
        """Return the directory; a terminal hears why nothing moves yet."""
        if is_terminal(sys.stderr):
            self._patience.start()
        self._warnings = warnings.showwarning
        warnings.showwarning = say_warning
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clean up after an error."""
        self._patience.cancel()
        warnings.showwarning = self._warnings
        self._lock.release()
        if kind is None:
            return
        kept = self.started or self._resume
        if not kept and self._alone():
            self._previous.put_back()
            self._remove()
        if kind is KeyboardInterrupt:
            if kept:
                best = self.path / _BEST
                where = (
                    f"the best weights so far are in {best}; " if best.exists() else ""
                )
                raise Interrupted(f"interrupted; {where}{self.how_to_go_on()}")
            raise Interrupted("interrupted before training; nothing was written")
        if kind is SystemExit and kept:
            raise Terminated(f"terminated; {self.how_to_go_on()}")
        if _is_memory(error):
            rest = f"; {self.how_to_go_on()}" if kept else ""
            raise InputError(
                "the memory is not enough: a smaller --batch-size or --hidden, a larger"
                f" --accumulate or a shorter context needs less{rest}"
            ) from None

    def command(self) -> str:
        """Return the command that began this run."""
        # A resumed run was asked for by the command that began it.
        began = self.job and self.job.command
        words = [without_password(word) for word in sys.argv[1:]]
        return began or shlex.join(["elman", *words])

    def _say_where(self, state: Any) -> None:
        """Say from where a resumed training goes on."""
        if not self._resume:
            return
        where = (
            f"going on after step {state.step:,}, epoch {state.epoch}"
            if state.step
            else "no checkpoint had been saved: the training begins anew"
        )
        with contextlib.suppress(OSError):
            typer.echo(f"elman: {where}", err=True)

    def how_to_go_on(self) -> str:
        """Return the command that resumes this run, in words."""
        return f"go on with: elman resume {shlex.quote(str(self.path))}"

    def _is_used(self) -> bool:
        """Return whether there is anything that a user would miss."""
        if not self.path.is_dir():
            return False
        own = {".lock", _TRIAL}
        return any(entry.name not in own for entry in self.path.iterdir())

    def _alone(self) -> bool:
        """Return whether no other process searches in it."""
        from elman.training import FileLock

        try:
            FileLock(self.path / ".lock").release()
        except OSError:
            return False
        return True

    def _make(self) -> None:
        """Make the folder and try a file in it."""
        missing = [
            p for p in (self.path, *self.path.absolute().parents) if not p.exists()
        ]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)
        trial = self.path / _TRIAL
        trial.write_bytes(b"")
        trial.unlink(missing_ok=True)

    def _remove(self) -> None:
        """Remove what was made for a run that did not begin."""
        if not self._made:
            return
        if self.path in self._made:
            self._remove_parts()
        for name in (JOB, ".lock"):
            with contextlib.suppress(OSError):
                (self.path / name).unlink()
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                return

    def _remove_parts(self) -> None:
        for name in (_CHECKPOINTS, _SEARCH):
            shutil.rmtree(self.path / name, ignore_errors=True)


def _is_memory(error: BaseException | None) -> bool:
    """Return whether memory was asked for that the system does not have."""
    if isinstance(error, MemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "can't allocate memory" in words
        or "out of memory" in words
        or "storage size calculation overflowed" in words
    )


def free_name(name: str) -> Path:
    """Return the first ``runs/NAME-n`` that is not there."""
    slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "run"
    number = 1
    while (path := Path("runs") / f"{slug}-{number}").exists():
        number += 1
    return path


def _say_preparing() -> None:
    typer.echo("preparing: scales, the linear part, the reach of gradients", err=True)
