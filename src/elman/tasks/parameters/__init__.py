"""Every parameter of every estimator: one row each, read by all who need to know.

``fit`` checks with it, the command line makes its options of it, and the docstrings
take their section on parameters from it. A new parameter is a row here and an argument
of ``__init__``; a test holds the two together. Nothing here imports torch when it is
loaded, since the command line's help does not.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from ._forecast import FORECAST
from ._language import LANGUAGE
from ._row import Between as Between
from ._row import Option as Option
from ._row import Parameter as Parameter
from ._sequence import SEQUENCE
from ._settings import SETTINGS as SETTINGS
from ._shared import SHARED
from ._transcription import TRANSCRIPTION
from ._translation import MOST_BEAM as MOST_BEAM
from ._translation import TRANSLATION

PARAMETERS: tuple[Parameter, ...] = (
    *LANGUAGE,
    *TRANSLATION,
    *TRANSCRIPTION,
    *FORECAST,
    *SHARED,
    *SEQUENCE,
)
"""The estimators' own parameters; the later of one name is the usual one."""

__all__ = [
    "MOST_BEAM",
    "PARAMETERS",
    "SETTINGS",
    "Between",
    "Option",
    "Parameter",
    "checked",
    "described",
    "rows",
]


def rows(task: str) -> Iterator[Parameter]:
    """Yield the parameters of a task's estimator.

    One that names the task takes the place of one that all have.
    """
    own = {row.name for row in PARAMETERS if task in row.tasks}
    return (r for r in PARAMETERS if r.of(task) and (r.tasks or r.name not in own))


def checked(estimator: Any) -> dict[str, Any]:
    """Return an estimator's parameters, each as its row makes it.

    Raises
    ------
    InputError
        For the first one out of range.
    """
    return {
        row.name: row.kind(row.name, getattr(estimator, row.name))
        for row in rows(estimator.task)
    }


def described(kind: type) -> str:
    """Return the section on parameters for an estimator's docstring.

    Raises
    ------
    KeyError
        An argument of ``__init__`` has no row.
    """
    known = {row.name: row for row in rows(kind.task)}  # type: ignore[attr-defined]
    arguments = list(inspect.signature(kind).parameters)
    lines = ["Parameters", "----------"]
    for row in (known[name] for name in arguments):
        lines.append(f"{row.name} : {row.kind}")
        lines += textwrap.wrap(
            row.doc, 84, initial_indent="    ", subsequent_indent="    "
        )
    return "\n".join(lines)
