"""Whether a run's task has what a command asks of it."""

from __future__ import annotations

from pathlib import Path

from elman._errors import InputError
from elman.tasks import TASKS


def check_able(run: Path, task: str, command: str) -> None:
    """Raise unless runs of a task take a command.

    Raises
    ------
    InputError
        The registry does not list the command with the task.
    """
    if command in TASKS[task].can:
        return
    able = " and ".join(name for name, known in TASKS.items() if command in known.can)
    asked = TASKS[task]
    instead = {
        "series": "elman predict goes on with it",
        "sequences": "elman score scores it"
        if "score" in asked.can
        else "elman predict scores it where the file has labels",
        "text": "elman generate writes with it, elman score scores a text",
        "pairs": "elman translate translates with it",
    }[asked.data]
    raise InputError(
        f"{run} is a run of {task}; elman {command} takes runs of {able}: {instead}"
    )
