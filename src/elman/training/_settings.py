"""What a training run may choose, checked in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from elman._arguments import number, whole_number
from elman._errors import InputError, did_you_mean

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}


@dataclass(frozen=True)
class TrainingSettings:
    r"""How the loop trains.

    Parameters
    ----------
    epochs : int
        Passes over the training examples, at most.
    examples_per_epoch : int or None
        Draw this many of the examples each epoch instead of all.
    batch_size : int
        Examples a step. The full batch is any number at or above their count.
    learning_rate : float
        Step size at the start.
    schedule : {"constant", "cosine"}
        ``cosine`` lets the rate fall to zero over ``epochs``:
        :math:`\eta_s = \tfrac12 \eta_0 (1 + \cos(\pi s / S))` at step
        :math:`s` of :math:`S`.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
        ``sgd`` uses momentum 0.9.
    weight_decay : float
        Coefficient of the optimiser's own decay.
    clip_norm : float or None
        Gradients are scaled down to this Euclidean norm when they exceed it
        (Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063). None: never.
    patience : int or None
        Stop after this many epochs without a better validation loss.
        None: never.
    seed : int
        Order of the examples, dropout, everything random in the loop.

    Raises
    ------
    InputError
        If a value is outside its range; the message names the argument.
    """

    epochs: int = 30
    examples_per_epoch: int | None = None
    batch_size: int = 64
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    optimizer: str = "adam"
    weight_decay: float = 0.0
    clip_norm: float | None = 1.0
    patience: int | None = 5
    seed: int = 0

    def __post_init__(self) -> None:
        whole_number("epochs", self.epochs)
        if self.examples_per_epoch is not None:
            whole_number("examples_per_epoch", self.examples_per_epoch)
        whole_number("batch_size", self.batch_size)
        if self.patience is not None:
            whole_number("patience", self.patience)
        number("learning_rate", self.learning_rate)
        if self.clip_norm is not None:
            number("clip_norm", self.clip_norm)
        number("weight_decay", self.weight_decay, zero=True)
        if self.optimizer not in OPTIMIZERS:
            hint = did_you_mean(str(self.optimizer), OPTIMIZERS)
            raise InputError(
                f"optimizer must be one of {', '.join(OPTIMIZERS)}, "
                f"got {self.optimizer!r}{hint}"
            )
        if self.schedule not in ("constant", "cosine"):
            raise InputError(
                f"schedule must be 'constant' or 'cosine', got {self.schedule!r}"
            )

    def build_optimizer(self, module: nn.Module) -> torch.optim.Optimizer:
        """Return the optimiser over the module's trainable parameters."""
        extra: dict[str, Any] = {"momentum": 0.9} if self.optimizer == "sgd" else {}
        return OPTIMIZERS[self.optimizer](
            [p for p in module.parameters() if p.requires_grad],
            lr=self.learning_rate,  # type: ignore[call-arg]
            weight_decay=self.weight_decay,
            **extra,
        )
