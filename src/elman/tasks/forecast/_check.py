"""The forecaster's arguments, each with its range."""

from __future__ import annotations

from typing import Any

from elman import init
from elman._arguments import share, whole_number
from elman._errors import InputError, did_you_mean
from elman.models import check_cell
from elman.tasks._seed import seed_of
from elman.tasks._training import settings_of
from elman.tasks.forecast.columns._transform import Transform
from elman.training import TrainingSettings

LOSSES = ("auto", "absolute", "squared")
INITS = ("auto", *init.NAMES)


def check_parameters(forecaster: Any) -> TrainingSettings:
    """Return the training settings, or raise for the first argument out of range."""
    check_cell(forecaster.cell)
    for name in ("hidden_size", "num_layers"):
        whole_number(name, getattr(forecaster, name))
    for name in ("horizon", "context"):
        if getattr(forecaster, name) is not None:
            whole_number(name, getattr(forecaster, name))
    if forecaster.loss not in LOSSES:
        raise InputError(
            f"loss must be one of {', '.join(LOSSES)}, got {forecaster.loss!r}"
            f"{did_you_mean(str(forecaster.loss), LOSSES)}"
        )
    if forecaster.init not in INITS:
        raise InputError(
            f"init must be one of {', '.join(INITS)}, got {forecaster.init!r}"
            f"{did_you_mean(str(forecaster.init), INITS)}"
        )
    share("dropout", forecaster.dropout, zero=True)
    share("validation_fraction", forecaster.validation_fraction)
    share("level", forecaster.level)
    names = ("auto", *(transform.value for transform in Transform))
    if forecaster.scale not in names:
        raise InputError(
            f"scale must be one of {', '.join(names)}, got {forecaster.scale!r}"
            f"{did_you_mean(str(forecaster.scale), names)}"
        )
    return settings_of(
        forecaster.training,
        without=("tokens_per_batch",),
        epochs=forecaster.epochs,
        batch_size=forecaster.batch_size,
        examples_per_epoch=forecaster.windows_per_epoch,
        learning_rate=forecaster.learning_rate,
        weight_decay=forecaster.weight_decay,
        clip_norm=forecaster.clip_norm,
        patience=forecaster.patience,
        seed=seed_of(forecaster.random_state),
    )
