"""Try each initialisation on a copy of the model, and measure again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from elman import init
from elman._errors import InputError

from ._cells import knows
from ._judge import headline_of, verdict_of
from ._measure import Loss, measure
from ._results import Remedy

IMPROVED = 1.5
"""A remedy that falls short of the need must at least lengthen the horizon so."""


def prescribe(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    needed: int,
    *,
    max_lag: int | None = None,
    horizon: float | None = None,
) -> tuple[str | None, list[Remedy]]:
    """Measure every initialisation of `elman.init` on a copy of the model.

    The best is, of those after which the gradient reaches the needed horizon and
    does not explode, the one that changes the weights least, ‖θ' − θ‖ / ‖θ‖. If
    none reaches it, the one with the longest horizon, provided it does not
    explode and is at least 1.5 times as long as before. Else there is none.

    Parameters
    ----------
    model, inputs, targets, loss
        As for `diagnose`.
    needed : int
        Steps the data need; also the ``t_max`` of chrono.
    max_lag : int, optional
        Longest lag measured.
    horizon : float, optional
        The horizon before, measured if not given.

    Returns
    -------
    best : str or None
        A name for `elman.init.apply_`.
    remedies : list of Remedy
        All that apply to the model's cells, the longest horizon first.
    """
    model = getattr(model, "_orig_mod", model)
    if horizon is None:
        before = measure(model, inputs, targets, loss, max_lag=max_lag, full=False)
        horizon = headline_of(before.profiles).horizon
    remedies = []
    for name in init.NAMES:
        if name == "default":
            continue
        options = {"t_max": needed} if name == "chrono" else {}
        treated = _copy(model)
        change = _apply(treated, name, options)
        if change is None:
            continue
        after = measure(treated, inputs, targets, loss, max_lag=max_lag, full=False)
        remedies.append(
            Remedy(
                name,
                horizon,
                headline_of(after.profiles).horizon,
                verdict_of(after.profiles, needed),
                change,
                f"elman.init.{name}_(layer"
                + "".join(f", {k}={v}" for k, v in options.items())
                + ")",
            )
        )
    remedies.sort(key=lambda r: -r.horizon_after)
    return best_of(remedies), remedies


def best_of(remedies: Sequence[Remedy]) -> str | None:
    """Choose by the rule of `prescribe`."""
    sound = [r for r in remedies if r.verdict_after == "healthy"]
    if sound:
        return min(sound, key=lambda r: r.change).name
    longer = [
        r
        for r in remedies
        if r.verdict_after != "exploding"
        and r.horizon_after >= IMPROVED * r.horizon_before
    ]
    return max(longer, key=lambda r: r.horizon_after).name if longer else None


def _copy(model: nn.Module) -> nn.Module:
    try:
        return copy.deepcopy(model)
    except (RuntimeError, TypeError) as error:
        raise InputError(
            f"model: cannot be copied to try remedies on ({error}); pass remedies=False"
        ) from error


def _apply(model: nn.Module, name: str, options: dict[str, Any]) -> float | None:
    """Apply to every recurrent layer; return the relative change, None if to none."""
    difference = size = 0.0
    done = False
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for layer in model.modules():
            if not knows(layer):
                continue
            before = [p.detach().clone() for p in layer.parameters()]
            try:
                init.apply_(name, layer, **options)  # type: ignore[arg-type]
            except InputError:  # no such thing in this cell
                continue
            done = True
            for old, new in zip(before, layer.parameters(), strict=True):
                difference += float((new.detach() - old).double().square().sum())
                size += float(old.double().square().sum())
    return (difference / size) ** 0.5 if done and size > 0 else None
