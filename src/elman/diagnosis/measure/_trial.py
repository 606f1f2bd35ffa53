"""A few steps of the user's optimiser, on a copy: how far one goes, and whereto."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from elman._errors import InputError
from elman.diagnosis.open._call_model import Forward, call
from elman.diagnosis.open._denormals import flushed
from elman.diagnosis.open._preserve import detach_states, drawn_alike, preserved

STEPS = 8
"""Trial steps: enough for Adam's momentum to build up, cheap enough always."""

Optimiser = torch.optim.Optimizer | Callable[[Any], torch.optim.Optimizer]


@dataclass(frozen=True)
class Trial:
    """What a few steps did to a copy of the model.

    Parameters
    ----------
    optimiser : str
        Its class and learning rate.
    learning_rate : float
    losses : list of float
        Before each step, and after the last.
    step_size : list of float
        ‖Δθ‖/‖θ‖ of each step: the median over the weight matrices.
    norms : list of float
        Norm of the whole gradient before clipping.
    clip_norm : float
        NaN where none is set.
    """

    optimiser: str
    learning_rate: float
    losses: list[float]
    step_size: list[float]
    norms: list[float]
    clip_norm: float = float("nan")

    @property
    def risen(self) -> float:
        """Median loss of the second half over the first loss."""
        later = sorted(self.losses[len(self.losses) // 2 :])
        if not all(map(math.isfinite, self.losses)):
            return math.inf
        return later[len(later) // 2] / max(abs(self.losses[0]), 1e-30)

    @property
    def peak(self) -> float:
        """Largest loss over the first."""
        if not all(map(math.isfinite, self.losses)):
            return math.inf
        return max(self.losses) / max(abs(self.losses[0]), 1e-30)

    @property
    def longest(self) -> float:
        """The longest step; later ones look short beside the weights it made."""
        if not self.step_size:
            return math.nan
        return max(s if math.isfinite(s) else math.inf for s in self.step_size)


@flushed()
def trial(
    model: nn.Module,
    batches: Sequence[tuple[Any, Any]],
    loss: Callable[[Any, Any], Tensor],
    optimizer: Optimiser,
    *,
    clip_norm: float | None = None,
    steps: int = STEPS,
    factor: float = 1.0,
    forward: Forward | None = None,
) -> tuple[Trial, nn.Module]:
    """Take a few optimiser steps on a copy of the model, on the given batches.

    Parameters
    ----------
    model : Module
        Left untouched.
    batches : sequence of (inputs, targets)
        Taken in turn.
    loss : callable
    optimizer : Optimizer or callable
        One over the model's parameters, or what makes one from parameters.
    clip_norm : float, optional
    steps : int
    factor : float
        On every learning rate.
    forward : callable, optional

    Returns
    -------
    trial : Trial
    twin : Module
        The copy, as the steps left it.
    """
    gpus = sorted({p.device for p in model.parameters() if p.is_cuda}, key=str)
    with torch.random.fork_rng(devices=gpus), drawn_alike(), torch.enable_grad():
        twin, twins = _copied(model, optimizer)
        for group in twins.param_groups:
            group["lr"] = group["lr"] * factor
        rate = max(float(g["lr"]) for g in twins.param_groups)
        losses, sizes, norms = [], [], []
        matrices = [p for p in twin.parameters() if p.dim() > 1 and p.requires_grad]
        for at in range(steps + 1):
            inputs, targets = batches[at % len(batches)]
            detach_states(twin)  # as a training loop does
            value = loss(call(twin, inputs, forward), targets)
            losses.append(float(value.detach()))
            if at == steps or not math.isfinite(losses[-1]):
                break
            twins.zero_grad()
            # Of the copy alone: inputs or a loss may have gradients of their own.
            value.backward(inputs=[p for p in twin.parameters() if p.requires_grad])
            bound = math.inf if clip_norm is None else clip_norm
            norm = nn.utils.clip_grad_norm_(twin.parameters(), bound)
            norms.append(float(norm))
            before = [p.detach().clone() for p in matrices]
            twins.step()
            sizes.append(_step_size(before, matrices))
    seen = Trial(
        f"{type(twins).__name__} with learning rate {rate:g}",
        rate,
        losses,
        sizes,
        norms,
        math.nan if clip_norm is None else float(clip_norm),
    )
    return seen, twin


def _step_size(before: list[Tensor], after: list[nn.Parameter]) -> float:
    ratios = []
    for old, new in zip(before, after, strict=True):
        size = float(old.double().norm())
        if size > 0:  # a head that starts at zero has no ratio
            ratios.append(float((new.detach() - old).double().norm()) / size)
    ratios.sort()
    return ratios[len(ratios) // 2] if ratios else math.nan


def _copied(
    model: nn.Module, optimizer: Optimiser
) -> tuple[nn.Module, torch.optim.Optimizer]:
    if not isinstance(optimizer, torch.optim.Optimizer):
        if not callable(optimizer):
            raise InputError(
                f"optimizer: got {type(optimizer).__name__}; give an optimiser of "
                "torch.optim over the model's parameters, or what makes one, such as "
                "functools.partial(torch.optim.SGD, lr=0.1)"
            )
        twin = copied(model)
        return twin, optimizer(twin.parameters())
    own = {id(p) for p in model.parameters()}
    if not any(id(p) in own for g in optimizer.param_groups for p in g["params"]):
        raise InputError(
            "optimizer: it steps none of this model's parameters; build it with "
            "model.parameters()"
        )
    # Copied together, the optimiser's parameters are the copy's.
    grads = [(p, p.grad) for p in model.parameters()]
    try:
        for p, _ in grads:
            p.grad = None
        with preserved(model):  # there, states that are kept have no graph
            twin, twins = copy.deepcopy((model, optimizer))
    except (RuntimeError, TypeError) as error:
        raise InputError(f"model: cannot be copied ({error})") from error
    finally:
        for p, grad in grads:
            p.grad = grad
    return twin, twins


def copied(model: nn.Module) -> nn.Module:
    """Return a deep copy of a model, or say in one line why there is none."""
    try:
        with preserved(model):
            return copy.deepcopy(model)
    except (RuntimeError, TypeError) as error:
        raise InputError(
            f"model: cannot be copied to try remedies on ({error}); pass remedies=False"
        ) from error
