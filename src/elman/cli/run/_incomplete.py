"""A trained model outlives whatever fails after its training."""

from __future__ import annotations

import contextlib
import shlex
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from elman._errors import InputError
from elman.cli._main import Incomplete, Interrupted

from ._members import Follower
from ._run_directory import RunDirectory

_TERMINATED = 143


@contextlib.contextmanager
def kept(estimator: Any, run: RunDirectory | Follower, **extra: Any) -> Iterator[None]:
    """Save what is trained if the rest of a fit fails or is interrupted.

    Parameters
    ----------
    estimator : estimator
        Being fitted inside.
    run : RunDirectory or Follower
    extra
        As for `finish`.

    Raises
    ------
    Incomplete
        In place of an error after the training.
    Interrupted
        Ctrl-C after the training.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(run, Follower) or getattr(estimator, "results_", None) is None:
            raise
        save(estimator, run, **extra)
        raise after_training(error, "scoring", run) from error


def save(estimator: Any, run: RunDirectory, **extra: Any) -> Path:
    """Write the run directory, or where its disk refuses, another one.

    Raises
    ------
    Incomplete
        The model is in another place.
    """
    estimator.results_.update(extra)
    estimator.results_["environment"]["command"] = run.command()
    # These belong to this process, not to the parameters of the run.
    estimator.set_params(callbacks=(), checkpoints=None)
    try:
        directory: Path = estimator.save(run.path)
    except OSError as error:
        other = Path(tempfile.mkdtemp(prefix=f"elman-{run.path.name}-"))
        with contextlib.suppress(OSError):
            estimator.save(other)
            raise Incomplete(
                f"{run.path}: the model could not be saved ({reason(error)}); it is in"
                f" {other} instead: move it to a place of your own"
            ) from error
        raise InputError(
            f"{run.path}: the model could not be saved ({reason(error)}); make room,"
            f" and {run.how_to_go_on()}"
        ) from error
    return directory


def after_training(error: BaseException, what: str, run: RunDirectory) -> Exception:
    """Return how a command ends that failed in what comes after the training.

    Parameters
    ----------
    error : BaseException
    what : str
        Was not done: "scoring" or "the report".
    run : RunDirectory
    """
    place = shlex.quote(str(run.path))
    again = f"elman report {place}" if what == "the report" else f"elman resume {place}"
    usable = f"the trained model is saved in {run.path}: elman predict {place} works"
    if isinstance(error, KeyboardInterrupt):
        return Interrupted(f"interrupted in {what}; {usable}, {again} does the rest")
    return Incomplete(f"{what} failed ({reason(error)}); {usable}, {again} tries again")


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end what follows like Ctrl-C does, with status 143."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(_TERMINATED)

    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def reason(error: BaseException) -> str:
    """Return an error in one line, with its kind where the line would not say."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror.lower()}"
    said = " ".join(str(error).split())
    if isinstance(error, InputError):
        return said[:300]
    return f"{type(error).__name__}: {said:.200}" if said else type(error).__name__
