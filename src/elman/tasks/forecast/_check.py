"""The forecaster's arguments, each with its range."""

from __future__ import annotations

from typing import Any

from elman.tasks.fit._training import settings_of
from elman.tasks.parameters import checked
from elman.training import TrainingSettings

from ._objective import check_loss


def check_parameters(forecaster: Any) -> TrainingSettings:
    """Return the training settings, or raise for the first argument out of range."""
    values = checked(forecaster)
    check_loss(forecaster)
    return settings_of(forecaster, values)
