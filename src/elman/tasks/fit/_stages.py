"""Each training run inside a fit keeps its checkpoints apart from the others."""

from __future__ import annotations

from pathlib import Path

from elman._errors import InputError
from elman.training import Checkpoints

NETWORK = "network"
EVERYTHING = "everything"


def checkpoints_of(given: object) -> Checkpoints | None:
    """Return an estimator's ``checkpoints`` as `Checkpoints`, or None.

    Parameters
    ----------
    given : Checkpoints, path or None

    Raises
    ------
    InputError
        It is something else.
    """
    if given is None or isinstance(given, Checkpoints):
        return given
    if isinstance(given, str | Path):
        return Checkpoints(given)
    raise InputError(
        "checkpoints must be a directory, elman.training.Checkpoints or None, "
        f"got {given!r:.60}"
    )


def stage(checkpoints: Checkpoints | None, name: str) -> Checkpoints | None:
    """Return where one of the runs of a fit keeps its checkpoints.

    A fit is resumed by running it again: what is quick is computed anew, a run
    that had ended returns at once, and the one that was stopped goes on.
    """
    return checkpoints and checkpoints.of_stage(name)
