"""What a training run may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from torch import nn

from elman.training.step._averaging import Averaging
from elman.training.step._optimizers import OptimizerChoice, build_optimizer
from elman.training.step._schedules import ScheduleChoice

from ._settings_check import check_settings

SETTLING_EVERY = 20
"""Steps between the validations of a run that ends when it has settled."""


@dataclass(frozen=True)
class TrainingSettings:
    r"""How the loop trains.

    Parameters
    ----------
    epochs : int or None
        Passes over the training examples, at most. None: until the validation loss
        has settled, without a validation part the training loss; see `Settling`.
    examples_per_epoch : int or None
        Draw this many of the examples each epoch instead of all.
    batch_size : int or "all"
        Examples a step; "all" makes each epoch one step of the full batch.
    tokens_per_batch : int or None
        For `RaggedSequences`: examples of like length share a batch, as many as
        have this number of steps together, padding included, in place of
        ``batch_size``.
    accumulate : int
        Parts a batch is run in, their gradients added up: the same step for a
        share of the memory.
    learning_rate : float
        Step size at the start, or the peak of a schedule that has one.
    schedule : str or callable
        ``constant``; ``cosine``, which falls to zero over ``epochs``,
        :math:`\eta_s = \tfrac12 \eta_0 (1 + \cos(\pi s / S))` at step :math:`s`
        of :math:`S`; ``linear``; ``exponential``; ``one-cycle`` (Smith and Topin
        2017, arXiv:1708.07120); ``trapezoid``, constant and in a line to zero at
        the end; ``step``; ``plateau``; the name of a class in
        `torch.optim.lr_scheduler`; or a function from the optimiser to one.
    schedule_options : mapping
        Of the schedule: ``floor`` (lowest factor), ``factor``, ``every`` (epochs),
        ``patience`` (epochs), ``start``, ``fall`` (a share of the run);
        for a torch class its own arguments.
    warm_up : float
        Steps, or below 1 a share of the run, over which the rate rises from
        nothing to its start.
    optimizer : str, callable or Optimizer
        ``adam``, ``adamw``, ``rmsprop``, ``sgd`` (with momentum), ``nesterov``,
        ``descent`` (neither), the name of a class in `torch.optim`, a function
        from parameter groups to an optimiser, or an optimiser that holds the
        module's parameters.
    optimizer_options : mapping
        Further arguments, such as ``{"betas": (0.9, 0.98)}``.
    momentum : float
        Of ``sgd`` and ``nesterov``.
    weight_decay : float
        Coefficient of the optimiser's own decay. It spares vectors (biases,
        gains), normalisations, and recurrent matrices.
    decay_recurrent : bool
        Decay recurrent matrices as well.
    clip_norm : float, "auto" or None
        Gradients are scaled down to this Euclidean norm when they exceed it
        (Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063). "auto": to a
        percentile of the recent norms. None: never.
    clip_percentile : float
        Of the automatic limit, 0 to 100 (Seetharaman et al. 2020,
        arXiv:2007.14469).
    clip_value : float or None
        Each element is held within plus and minus this, before the norm is.
    weight_noise : float
        Standard deviation of noise on matrices while a gradient is taken (Graves
        2011).
    average : {"ema", "swa"} or None
        Judge, keep and return averaged weights: an exponential mean over steps,
        or the plain mean over the epochs of the last part of the run.
    average_decay : float
        Of ``ema``.
    average_start : float
        Share of the run before ``swa`` begins.
    min_steps, max_steps : int
        With ``epochs=None``: steps before which no run has settled, and those after
        which it ends with the epoch. None: no such bound.
    max_seconds : float or None
        The run ends with the step after which it has taken this long, the time from
        before a resume included. None: it may take any time.
    validate_every : int or None
        Steps from one validation to the next, at least; one always comes at the end
        of an epoch. None: every epoch; with ``epochs=None`` 20.
    precision : {"full", "mixed"}
        ``mixed`` multiplies in half precision where the device can.
    local_steps : int or None
        With several processes: each trains by itself on its share of every batch,
        and they average their weights after this many steps (local SGD). None: one
        gradient of the whole batch at every step.
    patience : int or None
        Stop after this many epochs without a better validation loss.
        None: never.
    keep_start : bool
        Whether the weights from before the first step are compared with those of the
        epochs. False: at least one epoch's are kept, as nothing is known to stand in
        weights that were drawn by chance.
    seed : int
        From 0 to 2³² - 1: order of the examples, dropout, everything random in the
        loop.

    Raises
    ------
    InputError
        If a value is outside its range; the message names the argument.
    """

    epochs: int | None = 30
    examples_per_epoch: int | None = None
    batch_size: int | Literal["all"] = 64
    learning_rate: float = 1e-3
    schedule: ScheduleChoice = "constant"
    optimizer: OptimizerChoice = "adam"
    weight_decay: float = 0.0
    clip_norm: float | Literal["auto"] | None = 1.0
    patience: int | None = 5
    seed: int = 0
    tokens_per_batch: int | None = None
    accumulate: int = 1
    schedule_options: Mapping[str, Any] = field(default_factory=dict)
    warm_up: float = 0
    optimizer_options: Mapping[str, Any] = field(default_factory=dict)
    momentum: float = 0.9
    decay_recurrent: bool = False
    clip_percentile: float = 10.0
    clip_value: float | None = None
    weight_noise: float = 0.0
    average: Averaging | None = None
    average_decay: float = 0.999
    average_start: float = 0.75
    precision: str = "full"
    local_steps: int | None = None
    min_steps: int = 0
    max_steps: int | None = None
    max_seconds: float | None = None
    validate_every: int | None = None
    keep_start: bool = True

    def __post_init__(self) -> None:
        check_settings(self)

    def for_epochs(self, epochs: int, **others: Any) -> TrainingSettings:
        """Return the same for a run of so many epochs, whatever the loss does.

        Parameters
        ----------
        epochs : int
            For example the ``best_epoch`` of a run that settled.
        **others
            More that is to be different.
        """
        fixed: dict[str, Any] = {"epochs": epochs, "min_steps": 0, "max_steps": None}
        return replace(self, **{**fixed, **others})

    @property
    def steps_between(self) -> int:
        """Steps from one validation to the next, at least."""
        if self.validate_every is not None:
            return self.validate_every
        return 1 if self.epochs is not None else SETTLING_EVERY

    def build_optimizer(self, module: nn.Module) -> torch.optim.Optimizer:
        """Return the optimiser over the module's trainable parameters."""
        return build_optimizer(
            self.optimizer,
            module,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            decay_recurrent=self.decay_recurrent,
            momentum=self.momentum,
            options=self.optimizer_options,
        )
