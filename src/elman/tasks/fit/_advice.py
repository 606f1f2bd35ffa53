"""What the course of a training says about its budget, in notes a user can act on."""

from __future__ import annotations

import math
from typing import Any

from elman.training import TrainingResult

# Share of a guess's loss that a training has to take off to have learned anything.
_LEARNED = 0.03
_BUDGETS = {"epochs": "epochs were", "steps": "steps were", "time": "time was"}


def advice(result: TrainingResult, guess: tuple[float, str] | None = None) -> list[str]:
    """Return notes on a training that learned nothing, or was cut short by its budget.

    Parameters
    ----------
    result : TrainingResult
    guess : tuple of float and str, or None
        The loss of guessing, and what that is in words.
    """
    stopped = result.stopped
    rows = [row for row in result.history if row["epoch"] > 0 and _finite(row["loss"])]
    if not rows or stopped in ("interrupted", "diverged"):
        return []
    epochs = int(rows[-1]["epoch"])
    least = min(float(row["loss"]) for row in rows)
    if guess is not None and least > (1 - _LEARNED) * guess[0]:
        if least > (1 + _LEARNED) * guess[0]:
            return [
                f"the training loss, {least:.3g}, is above that of {guess[1]} "
                f"({guess[0]:.3g}): what the network starts with is not unlearned yet. "
                f"More epochs ({3 * epochs}), another cell or less dropout may help"
            ]
        return [
            f"the training loss, {least:.3g}, is still that of {guess[1]} "
            f"({guess[0]:.3g}): the network has learned nothing. More epochs "
            f"({3 * epochs}), a higher learning rate (0.01) or more sequences may "
            "help; else there is nothing in them to learn"
        ]
    if _no_better(result):
        return [
            "no epoch was better than the start on the validation part: a longer "
            "context, a lower learning rate or more data may help, more epochs will not"
        ]
    if not result.still_falling:
        return []
    name = "validation_loss" if _finite(rows[-1]["validation_loss"]) else "loss"
    losses = [float(row[name]) for row in rows if _finite(row[name])]
    before, last = min(losses[: -(len(losses) // 3)]), min(losses)
    more = {
        "epochs": f"more epochs ({3 * epochs})",
        "steps": f"more steps (max_steps={3 * int(rows[-1].get('step', 0))})",
        "time": f"more time (--max-seconds {_rounded(3 * result.seconds)})",
    }[stopped]
    return [
        f"the {name.replace('_', ' ')} was still falling when the {_BUDGETS[stopped]} "
        f"over ({before:.3g} to {last:.3g} in the last third of {epochs} epochs): "
        f"{more} may help"
    ]


def _no_better(result: TrainingResult) -> bool:
    """Return whether no epoch had a lower validation loss than the start."""
    losses = [row["validation_loss"] for row in result.history]
    start, *rest = losses
    return _finite(start) and not any(_finite(one) and one < start for one in rest)


def _rounded(seconds: float) -> int:
    """Return so many seconds as one would say them."""
    unit = 10 if seconds < 100 else 60
    return unit * max(1, math.ceil(seconds / unit))


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
