"""A fitted forecaster whose training goes on, on rows it has not seen."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from elman.tasks.forecast.columns._preparation import Preparation

from .targets._kinds import Kinds
from .targets._loss import MEANS


@dataclass(frozen=True)
class Previous:
    """What stays of a fit, and for how many epochs its network goes on.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.
    epochs : int
        At most; the network as it is remains where none is better.
    """

    forecaster: Any
    epochs: int

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return int(self.forecaster.horizon_)

    @property
    def context(self) -> int:
        """Steps back."""
        return int(self.forecaster.context_)

    @property
    def segment(self) -> int | None:
        """Steps that the network takes at a time, if not one."""
        found: int | None = self.forecaster.network_.segment
        return found

    @property
    def preparation(self) -> Preparation:
        """Roles and scales."""
        return copy.copy(self.forecaster.preparation_)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The network's."""
        found: dict[str, Tensor] = self.forecaster.network_.state_dict()
        return found

    def kinds(self, found: Kinds) -> Kinds:
        """Return the kinds of targets, with the seasons and losses of that fit."""
        was = self.forecaster
        count = len(was.targets_)
        means = [was.loss in MEANS] * count
        if was.loss == "auto":
            means = list(was.intermittent_)
        return dataclasses.replace(
            found,
            seasons=list(was.seasons_),
            means=means,
            intermittent=list(was.intermittent_),
        )
