"""The ranges of all settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elman._arguments import MOST_SEED, number, share, true_or_false, whole_number
from elman._errors import InputError, did_you_mean
from elman.training.step._optimizers import check_optimizer
from elman.training.step._precision import PRECISIONS
from elman.training.step._schedules import NEED_TOTAL, check_schedule

AVERAGES = ("ema", "swa")
_WHOLE = (
    "epochs",
    "examples_per_epoch",
    "patience",
    "tokens_per_batch",
    "local_steps",
    "max_steps",
    "validate_every",
)


def check_settings(settings: Any) -> None:
    """Raise for the first of the `TrainingSettings` that is out of range."""
    s = settings
    whole_number("accumulate", s.accumulate)
    for name in _WHOLE:
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
    whole_number("min_steps", s.min_steps, 0)
    if s.max_seconds is not None:
        number("max_seconds", s.max_seconds)
    _clipping(s)
    _mappings(s)
    check_optimizer(s.optimizer)
    check_schedule(s.schedule, s.schedule_options)
    if number("warm_up", s.warm_up, zero=True) >= 1:
        whole_number("warm_up", s.warm_up)
    if s.average is not None:
        one_of("average", s.average, AVERAGES)
    one_of("precision", s.precision, PRECISIONS)
    _length(s)
    true_or_false("decay_recurrent", s.decay_recurrent)
    true_or_false("keep_start", s.keep_start)


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


def needs_epochs(schedule: Any, average: Any = None, warm_up: float = 0) -> bool:
    """Return whether these settings can only be used if the length is known before.

    Parameters
    ----------
    schedule, average, warm_up
        As in `TrainingSettings`.
    """
    falls = isinstance(schedule, str) and schedule in NEED_TOTAL
    share_of_run = isinstance(warm_up, int | float) and 0 < warm_up < 1
    return falls or average == "swa" or share_of_run


def _length(s: Any) -> None:
    """Raise where the length of a run decides what the run does, and is not known."""
    if s.epochs is not None:
        for name, off in (("min_steps", 0), ("max_steps", None)):
            if getattr(s, name) != off:
                raise InputError(
                    f"{name} is for runs that end when they have settled; set "
                    f"epochs=None, or leave {name} out"
                )
        return
    if s.max_steps is not None and s.max_steps < s.min_steps:
        raise InputError(
            f"max_steps must be at least min_steps ({s.min_steps}), got {s.max_steps}"
        )
    unknown = "how long a run with epochs=None will be is not known:"
    if isinstance(s.schedule, str) and s.schedule in NEED_TOTAL:
        raise InputError(
            f"{unknown} schedule={s.schedule!r} needs epochs=NUMBER; or take "
            "schedule='constant'"
        )
    if 0 < s.warm_up < 1:
        raise InputError(
            f"{unknown} give warm_up as a number of steps, got {s.warm_up}"
        )
    if s.average == "swa":
        raise InputError(f"{unknown} average='swa' needs epochs=NUMBER; or take 'ema'")


def _mappings(s: Any) -> None:
    for name in ("optimizer_options", "schedule_options"):
        value = getattr(s, name)
        if not isinstance(value, Mapping) or not all(isinstance(k, str) for k in value):
            raise InputError(
                f"{name} must map names to values, such as {{'floor': 0.1}}, "
                f"got {value!r}"
            )
