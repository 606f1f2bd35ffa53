"""The ranges of all settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elman._arguments import MOST_SEED, number, share, whole_number
from elman._errors import InputError, did_you_mean

from ._optimizers import check_optimizer
from ._precision import PRECISIONS
from ._schedules import check_schedule

AVERAGES = ("ema", "swa")


def check_settings(settings: Any) -> None:
    """Raise for the first of the `TrainingSettings` that is out of range."""
    s = settings
    for name in ("epochs", "accumulate"):
        whole_number(name, getattr(s, name))
    for name in ("examples_per_epoch", "patience", "tokens_per_batch", "local_steps"):
        if getattr(s, name) is not None:
            whole_number(name, getattr(s, name))
    whole_number("seed", s.seed, 0, MOST_SEED)
    if s.batch_size != "all":
        whole_number("batch_size", s.batch_size)
    number("learning_rate", s.learning_rate)
    for name in ("weight_decay", "weight_noise"):
        number(name, getattr(s, name), zero=True)
    for name in ("momentum", "average_decay", "average_start"):
        share(name, getattr(s, name), zero=True)
    _clipping(s)
    _mappings(s)
    check_optimizer(s.optimizer)
    check_schedule(s.schedule, s.schedule_options)
    if number("warm_up", s.warm_up, zero=True) >= 1:
        whole_number("warm_up", s.warm_up)
    if s.average is not None:
        one_of("average", s.average, AVERAGES)
    one_of("precision", s.precision, PRECISIONS)
    for name in ("decay_recurrent",):
        if not isinstance(getattr(s, name), bool):
            raise InputError(f"{name} must be True or False, got {getattr(s, name)!r}")


def one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise unless the value is one of these words; suggest the nearest."""
    if value not in allowed:
        raise InputError(
            f"{name} must be one of {', '.join(allowed)}, got {value!r}"
            f"{did_you_mean(str(value), allowed)}"
        )


def _clipping(s: Any) -> None:
    if isinstance(s.clip_norm, str):
        if s.clip_norm != "auto":
            raise InputError(
                f"clip_norm must be a number, 'auto' or None, got {s.clip_norm!r}"
            )
    elif s.clip_norm is not None:
        number("clip_norm", s.clip_norm)
    if s.clip_value is not None:
        number("clip_value", s.clip_value)
    if not 0 < number("clip_percentile", s.clip_percentile) <= 100:
        raise InputError(
            f"clip_percentile must be above 0 and at most 100, got {s.clip_percentile}"
        )


def _mappings(s: Any) -> None:
    for name in ("optimizer_options", "schedule_options"):
        value = getattr(s, name)
        if not isinstance(value, Mapping) or not all(isinstance(k, str) for k in value):
            raise InputError(
                f"{name} must map names to values, such as {{'floor': 0.1}}, "
                f"got {value!r}"
            )
