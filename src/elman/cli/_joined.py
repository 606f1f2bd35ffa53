"""Translators that write together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from elman._errors import InputError
from elman.tasks import TASKS

With = Annotated[
    list[Path] | None,
    typer.Option(
        "--with",
        metavar="RUN",
        help="Another translator of the same pairs, to write together with.",
    ),
]


def joined(run: Path, model: Any, others: list[Path] | None) -> Any:
    """Return the model of a run, together with those of others.

    Parameters
    ----------
    run : Path
    model : Estimator
    others : list of Path or None

    Raises
    ------
    InputError
        One of them is no translator, or has learned from other pairs.
    """
    if not others:
        return model
    if TASKS[model.task].data != "pairs":
        raise InputError(f"--with is for translators, and {run} is none")
    import elman

    together = model
    for other in others:
        one = elman.load(other)
        if TASKS[one.task].data != "pairs":
            raise InputError(f"--with is for translators, and {other} is none")
        try:
            together = together.joined(one)
        except InputError:
            raise InputError(
                f"--with {other}: it has other tokens than {run}; train both on the"
                " same pairs and with the same --valid"
            ) from None
    return together
