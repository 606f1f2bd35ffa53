"""One training inside a fit: its flow recorded, its checkpoints apart, its end seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from elman.training import (
    Callback,
    Progress,
    TrainingResult,
    TrainingSettings,
    train,
)

from ._diverged import divergence_note, divergence_report
from ._flow_record import flow_report, watch_flow
from ._stages import NETWORK, checkpoints_of, stage
from ._training import callbacks_of


@dataclass(frozen=True)
class Run:
    """A training and what it showed.

    Attributes
    ----------
    result : TrainingResult
    diverged : dict or None
        Where and why it met a value that is not finite.
    flow : dict or None
        The gradient flow as it trained; see `flow_report`.
    """

    result: TrainingResult
    diverged: dict[str, Any] | None = None
    flow: dict[str, Any] | None = None

    @property
    def notes(self) -> list[str]:
        """What a user should know of its end."""
        return divergence_note(self.diverged)


def run_training(
    asked: Any,
    network: nn.Module,
    loss: Callable[..., Any],
    training: Any,
    validation: Any,
    settings: TrainingSettings,
    *,
    needed: int,
    recurrent: bool = True,
    warn: bool = True,
) -> Run:
    """Train a network of an estimator with its validation part.

    Parameters
    ----------
    asked : Estimator
        Or what else has its ``progress``, ``callbacks`` and ``checkpoints``.
    network, loss, training, validation, settings
        As for `elman.training.train`.
    needed : int
        Steps the data need.
    recurrent : bool
        Whether there is a gradient flow through time to record.
    warn : bool
        Whether to warn when it gives way. Where every step has an error of its own
        and attention leads past the recurrence, the sizes along time differ by what
        was learned.
    """
    callbacks: Sequence[Callback] = callbacks_of(asked.callbacks)
    recorder = None
    if recurrent:
        recorder, callbacks = watch_flow(callbacks, warn=warn)
    result = train(
        network,
        loss,
        training,
        validation,
        settings,
        # Last, so that with and without it the others' states have the same names.
        [*callbacks, *([Progress()] if asked.progress else [])],
        checkpoints=stage(checkpoints_of(asked.checkpoints), NETWORK),
    )
    diverged = divergence_report(network, loss, result)
    return Run(
        result, diverged, None if recorder is None else flow_report(recorder, needed)
    )
