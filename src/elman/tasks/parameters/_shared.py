"""Parameters that every estimator has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._row import (
    MODEL,
    STRATEGY,
    Between,
    Checked,
    Choice,
    Flag,
    Option,
    Parameter,
    Share,
    Whole,
)
from ._texts import number_or


def _inits() -> Sequence[str]:
    from elman import init

    return ("auto", *init.NAMES)


def _callbacks(value: Any) -> Any:
    from elman.tasks.fit._training import callbacks_of

    return callbacks_of(value)


def _checkpoints(value: Any) -> Any:
    from elman.tasks.fit._stages import checkpoints_of

    return checkpoints_of(value)


SHARED: tuple[Parameter, ...] = (
    Parameter(
        "hidden_size",
        Whole(),
        "Units of a layer; of a recurrent one, in each direction.",
        Option("Hidden units.", int, "--hidden", MODEL),
        tried=Between(16, 256, log=True, whole=True),
    ),
    Parameter(
        "dropout",
        Share(zero=True),
        "Share of the outputs dropped while training: between layers, and before the"
        " network's last, linear layer.",
        Option("Share of outputs dropped while training.", float, panel=STRATEGY),
        tried=Between(0.0, 0.5),
    ),
    Parameter(
        "init",
        Choice(_inits),
        "``auto`` measures how far gradients reach on these data, and applies the"
        " remedy that brings them to where the data need them where they fall short;"
        " or a name of `elman.init.NAMES`.",
        Option(
            "auto measures and picks; or default, orthogonal, identity, forget_bias,"
            " chrono.",
            panel=MODEL,
        ),
    ),
    Parameter(
        "epochs",
        Checked("int or None"),
        "Most passes over the data. None: until the loss of the validation part has"
        " settled, within ``max_seconds``.",
        Option("At most so many; until the loss has settled.", int, panel=MODEL),
        setting="epochs",
    ),
    Parameter(
        "max_seconds",
        Checked("float or None"),
        "Seconds that training may take, of a whole ``fit``; the results say if it was"
        " not over by then. None: any time.",
        Option(
            "Seconds that training may take; 120, of text 540, of pairs of texts 1200;"
            " none: any time.",
            panel=MODEL,
            read=number_or(),
            none=True,
        ),
        setting="max_seconds",
    ),
    Parameter(
        "weight_decay",
        Checked("float"),
        "Coefficient of the optimiser's decay; it spares biases, gains and recurrence.",
        Option("Spares biases, gains and recurrence.", float, panel=STRATEGY),
        setting="weight_decay",
    ),
    Parameter(
        "clip_norm",
        Checked('float, "auto" or None'),
        "Greatest norm of a gradient; ``auto`` takes a percentile of the recent ones,"
        " None sets no limit.",
        Option(
            "Greatest gradient norm; auto; none.",
            flag="--clip",
            panel=STRATEGY,
            read=number_or("auto"),
            none=True,
        ),
        setting="clip_norm",
    ),
    Parameter(
        "patience",
        Checked('int, "auto" or None'),
        "Epochs without progress on the validation part before stopping; None for"
        " never. ``auto``: 15 where ``epochs`` are given, 4 of a forecaster; where they"
        " are not, the loss itself says when it has settled.",
        Option(
            "Epochs without progress to wait; auto; none: for ever.",
            panel=STRATEGY,
            read=number_or("auto", whole=True),
            none=True,
        ),
        setting="patience",
    ),
    Parameter(
        "random_state",
        Checked("int, RandomState or None"),
        "Seed of everything random.",
        Option("Of all that is random.", int, "--seed", MODEL),
        setting="seed",
    ),
    Parameter(
        "training",
        Checked("mapping or None"),
        "More of `elman.training.TrainingSettings` by name, such as ``{"
        '"optimizer": "nesterov", "schedule": "one-cycle", "average": "ema"}``.',
    ),
    Parameter(
        "progress",
        Flag(),
        "Show a progress bar, or a line an epoch without a terminal.",
    ),
    Parameter(
        "callbacks",
        Checked("sequence of elman.training.Callback", _callbacks),
        "Watch the run with the validation part.",
    ),
    Parameter(
        "checkpoints",
        Checked("elman.training.Checkpoints, path or None", _checkpoints),
        "Where ``fit`` saves its state as it trains. The same ``fit`` with"
        " ``Checkpoints(path, resume=True)`` goes on where the last one was stopped.",
    ),
)
