"""The forecaster's arguments, each with its range."""

from __future__ import annotations

from typing import Any

from elman import init
from elman._errors import InputError, did_you_mean
from elman.training import TrainingSettings

from ._network import check_cell
from ._transform import Transform

INITS = ("auto", *init.NAMES)


def check_parameters(forecaster: Any) -> TrainingSettings:
    """Return the training settings, or raise for the first argument out of range."""
    check_cell(forecaster.cell)
    for name in ("horizon", "hidden_size", "num_layers"):
        whole_number(name, getattr(forecaster, name))
    if forecaster.context is not None:
        whole_number("context", forecaster.context)
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
    return TrainingSettings(
        epochs=forecaster.epochs,
        batch_size=forecaster.batch_size,
        examples_per_epoch=forecaster.windows_per_epoch,
        learning_rate=forecaster.learning_rate,
        weight_decay=forecaster.weight_decay,
        clip_norm=forecaster.clip_norm,
        patience=forecaster.patience,
        seed=forecaster.random_state,
    )


def whole_number(name: str, value: object, least: int = 1) -> None:
    """Raise unless the value is a whole number of at least ``least``."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InputError(f"{name} must be a whole number, got {value!r}")
    if value < least:  # type: ignore[operator]
        raise InputError(f"{name} must be at least {least}, got {value}")


def share(name: str, value: object, *, zero: bool = False) -> None:
    """Raise unless the value is a share: between 0 and 1, 0 only if allowed."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name} must be a number, got {value!r}")
    if not (0 <= value < 1 if zero else 0 < value < 1):
        bound = "at least" if zero else "above"
        raise InputError(f"{name} must be {bound} 0 and below 1, got {value}")
