"""Settings of the training that are options of the command line too."""

from __future__ import annotations

from typing import Any

from ._row import STRATEGY, Checked, Option, Parameter
from ._texts import whole_if_whole


def _setting(name: str, kind: type, says: str, **more: Any) -> Parameter:
    tasks = more.pop("tasks", ())
    option = Option(says, kind, panel=STRATEGY, **more)
    return Parameter(name, Checked(""), "", option, tasks, name)


SETTINGS: tuple[Parameter, ...] = (
    _setting(
        "optimizer",
        str,
        "adam, adamw, sgd, nesterov, rmsprop, descent; or one of torch's.",
    ),
    _setting("momentum", float, "Of sgd and nesterov."),
    _setting(
        "schedule",
        str,
        "Of the rate: constant, cosine, linear, trapezoid, exponential, one-cycle,"
        " step, plateau.",
    ),
    _setting(
        "warm_up",
        float,
        "Steps, or below 1 a share, of rising rate.",
        read=whole_if_whole,
    ),
    _setting("clip_value", float, "Bound of each element of the gradient."),
    _setting("accumulate", int, "Parts a batch is run in, to save memory."),
    _setting("average", str, "ema or swa: keep averaged weights."),
    _setting("average_decay", float, "Of ema."),
    _setting("weight_noise", float, "Deviation of noise on the matrices."),
    _setting("precision", str, "full or mixed."),
    _setting(
        "tokens_per_batch",
        int,
        "Batches of like length, so many steps each.",
        tasks=("classify", "regress", "translate", "transcribe"),
    ),
    _setting(
        "local_steps",
        int,
        "With several processes: average weights every so many steps.",
    ),
)
"""Settings of the training that are options too; `TrainingSettings` describes them."""
