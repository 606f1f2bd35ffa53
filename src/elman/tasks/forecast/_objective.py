"""The loss a forecaster asked for, and the units it is measured in."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman._errors import InputError
from elman.tasks.forecast.columns._preparation import Preparation
from elman.tasks.forecast.intervals._quantiles import check_quantiles

from .targets._loss import LOG_LINK, Loss, deviance, masked_error, pinball

Array = NDArray[np.float64]
# Of a target's mean: a linear forecast below it is bent, so that it stays positive.
_FLOOR = 0.1


def check_loss(forecaster: Any) -> None:
    """Raise where the loss does not go with the other parameters."""
    levels = check_quantiles(forecaster.quantiles)
    if forecaster.loss == "pinball" and not levels:
        raise InputError(
            "loss='pinball' needs the levels it is for: give quantiles, such as"
            " quantiles=(0.1, 0.5, 0.9)"
        )
    if forecaster.loss in LOG_LINK and forecaster.scale not in ("auto", "none"):
        raise InputError(
            f"loss={forecaster.loss!r} is on a log link of its own: leave out"
            f" scale={forecaster.scale!r}, or take loss='squared'"
        )


def check_signs(forecaster: Any, raw: Array, preparation: Preparation) -> None:
    """Raise where a loss on a log link meets a target below 0, else bound it by 0.

    Parameters
    ----------
    forecaster : Forecaster
    raw : ndarray
        (T, K): the training values.
    preparation : Preparation
        Its forecasts are never below 0 afterwards.
    """
    if forecaster.loss not in LOG_LINK:
        return
    for name, column in zip(preparation.targets, raw.T, strict=True):
        known = column[np.isfinite(column)]
        if known.size and known.min() < 0:
            raise InputError(
                f"loss={forecaster.loss!r} is for targets of at least 0, and column"
                f" {name!r} holds {known.min():g}; take loss='squared' or 'absolute'"
            )
        if known.size and known.max() == 0:
            raise InputError(
                f"loss={forecaster.loss!r}: column {name!r} is 0 in all of the training"
                " part; there is no rate to learn"
            )
    preparation.floors = [True] * len(preparation.floors)


def objective(
    forecaster: Any,
    means: list[bool],
    network: Any,
    preparation: Preparation,
    raw: Array,
    folds: Array,
    *,
    weighted: bool,
) -> Loss:
    """Return the loss that is made small; a network on a log link gets its units.

    Parameters
    ----------
    forecaster : Forecaster
    means : list of bool
        For which targets the mean is forecast.
    network : nn.Module
    preparation : Preparation
    raw : ndarray
        (T, K): the training values.
    folds : ndarray
        (n, H, K): the linear model's out-of-fold errors.
    weighted : bool
        Whether rows have weights.
    """
    name = forecaster.loss
    if name in LOG_LINK:
        scaler = preparation.scalers["target"]
        unit = torch.from_numpy(np.nanmean(raw, 0)).float()
        centre = torch.from_numpy(np.array(scaler.mean)).float()
        spread = torch.from_numpy(np.array(scaler.scale)).float()
        network.set_units(centre, spread, _FLOOR * unit)
        return deviance(name, centre, spread, unit, weighted=weighted)
    if name == "pinball":
        levels = check_quantiles(forecaster.quantiles)
        offsets = np.nanquantile(folds, levels, axis=0)
        return pinball(
            torch.tensor(levels),
            torch.from_numpy(np.nan_to_num(offsets)).float(),
            weighted=weighted,
        )
    return masked_error(means, weighted=weighted)
