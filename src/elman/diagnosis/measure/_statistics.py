"""The size, the noise and the effect of the gradients of a few batches."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from elman._arguments import number, whole_number
from elman._errors import InputError
from elman._plain import plain
from elman.diagnosis.open._call_model import Forward, Loss, call, loss_of
from elman.diagnosis.open._denormals import flushed
from elman.diagnosis.open._preserve import detach_states, preserved, unwrapped
from elman.diagnosis.open._rows import named_leaves, rows_of, take

from ._noise import Noise, noise_of

PARTS = 16
"""Batches a single batch is split into."""


@dataclass(frozen=True)
class GradientStatistics:
    """How large gradients are over some batches, how noisy, and what a step changes.

    Parameters
    ----------
    norms : list of float
        ‖g‖ over all weights, before any clipping, of each batch.
    median, p90, p99, largest : float
        Of the finite ones.
    nonfinite : int
        Batches whose gradient is not finite.
    batch_size : int
        Rows of a batch, 0 where that is not known.
    clip_norm : float or None
        The limit asked about.
    clipped : float
        Share of batches whose norm is above it; NaN without a limit.
    noise_scale : float
        tr(Σ)/‖ḡ‖² in rows: the batch size at which noise and signal are equal.
        Infinite where no signal could be told from zero; NaN where it cannot be
        estimated.
    noise_error : float
        Its standard error (jackknife over batches).
    signal, noise : float
        Unbiased estimates of ‖ḡ‖² and of tr(Σ), the variance of one row's gradient.
    updates : dict of str to float
        ‖Δθ‖/‖θ‖ of each weight in one step of the optimiser; infinite where θ = 0.
        Empty without an optimiser.
    """

    norms: list[float]
    median: float
    p90: float
    p99: float
    largest: float
    nonfinite: int
    batch_size: int
    clip_norm: float | None = None
    clipped: float = math.nan
    noise_scale: float = math.nan
    noise_error: float = math.nan
    signal: float = math.nan
    noise: float = math.nan
    updates: dict[str, float] = field(default_factory=dict)

    @property
    def spread(self) -> float:
        """Largest over median norm."""
        return self.largest / self.median if self.median > 0 else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; what is not a finite number is None."""
        return {**plain(asdict(self)), "spread": plain(self.spread)}


@flushed()
def gradient_statistics(
    model: nn.Module,
    batches: Iterable[tuple[Any, Any]],
    loss: Loss,
    *,
    clip_norm: float | None = None,
    optimizer: Optimizer | Callable[[Any], Optimizer] | None = None,
    batch_size: int | None = None,
    forward: Forward | None = None,
) -> GradientStatistics:
    """Measure gradients over a short probe of batches, without training.

    With g_i the gradient of batch i of n, each the mean over b rows, and S = Σ g_i,

        ‖ḡ‖² ≈ (‖S‖² − Σ‖g_i‖²) / (n (n − 1)),    products of different batches alone,
        tr(Σ) ≈ b · (Σ‖g_i‖² − ‖S‖²/n) / (n − 1),

    both unbiased whatever the distribution of the rows. Their ratio is the simple
    noise scale of McCandlish et al. (2018): far below the batch size, a larger batch
    gains nothing; far above, nearly every step is noise.

    The model, its gradients and the optimiser are left as they were: weights stay,
    and the one step of the optimiser is made on a copy of both.

    Parameters
    ----------
    model : Module
    batches : iterable of (inputs, targets)
        Of about one size. A single batch of several rows is split into at most 16
        parts, and the norms are those of the parts.
    loss : callable
        ``loss(output, targets)`` returns a scalar tensor, the mean over rows.
    clip_norm : float, optional
        A limit to count against; it also limits the virtual step.
    optimizer : Optimizer or callable, optional
        One of this model, with whatever state it has, or a function from parameters
        to a new one. It makes one step on a copy, from the first batch.
    batch_size : int, optional
        Rows of a batch, where they cannot be counted: the first axis of every
        tensor has to be that of the rows.
    forward : callable, optional
        ``forward(model, inputs)``, for a call of another form.

    Returns
    -------
    GradientStatistics

    Raises
    ------
    InputError
        If there is no batch, no weight needs a gradient, or a number is out of
        range.

    References
    ----------
    McCandlish, Kaplan, Amodei and the OpenAI Dota team, "An empirical model of
    large-batch training", 2018.
    """
    if clip_norm is not None:
        number("clip_norm", clip_norm)
    if batch_size is not None:
        whole_number("batch_size", batch_size)
    model = unwrapped(model)
    given = _parts(model, list(batches))
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise InputError("model: no weight needs a gradient; nothing to measure")
    gradients: list[Tensor] = []
    first: list[Tensor] = []
    with preserved(model):
        for inputs, targets in given:
            detach_states(model)
            value = loss_of(loss, call(model, inputs, forward), targets)
            found = _gradients(value, parameters)
            first = first or found
            gradients.append(torch.cat([g.flatten() for g in found]))
    rows = batch_size or _rows(model, given)
    norms = [float(g.double().norm()) for g in gradients]
    finite = torch.tensor([n for n in norms if math.isfinite(n)], dtype=torch.float64)
    at = torch.tensor([0.5, 0.9, 0.99], dtype=torch.float64)
    median, p90, p99 = finite.quantile(at).tolist() if len(finite) else (math.nan,) * 3
    sound = [g for g, n in zip(gradients, norms, strict=True) if math.isfinite(n)]
    noise = noise_of(sound, rows) if rows else Noise()
    return GradientStatistics(
        norms,
        median,
        p90,
        p99,
        float(finite.max()) if len(finite) else math.nan,
        len(norms) - len(finite),
        rows,
        clip_norm,
        math.nan
        if clip_norm is None
        else sum(not n <= clip_norm for n in norms) / len(norms),
        noise.scale,
        noise.error,
        noise.signal,
        noise.variance,
        {} if optimizer is None else _updates(model, optimizer, first, clip_norm),
    )


def _parts(model: nn.Module, batches: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return the batches, or equal parts of a single one."""
    if not batches:
        raise InputError("batches: got none; give at least one (inputs, targets)")
    if len(batches) > 1:
        return batches
    inputs, targets = batches[0]
    rows = rows_of(model, inputs, targets)
    parts = min(PARTS, rows)
    if parts < 2:
        return batches
    each = rows // parts
    slices = [list(range(i * each, (i + 1) * each)) for i in range(parts)]
    return [(take(inputs, at), take(targets, at)) for at in slices]


def _rows(model: nn.Module, batches: list[tuple[Any, Any]]) -> int:
    """Rows of a batch, the mean of them if they differ by one or two; else 0."""
    sizes = [rows_of(model, *batch) for batch in batches]
    if min(sizes) == 0:  # targets of one number a batch, or time first
        sizes = [
            len(
                next(
                    (
                        x
                        for _, x in named_leaves("", t)
                        if isinstance(x, Tensor) and x.dim()
                    ),
                    (),
                )
            )
            for _, t in batches
        ]
    return round(sum(sizes) / len(sizes)) if min(sizes) > 0 else 0


def _gradients(value: Tensor, parameters: list[nn.Parameter]) -> list[Tensor]:
    if not value.requires_grad:
        return [torch.zeros_like(p) for p in parameters]
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    return [
        torch.zeros_like(p) if g is None else (g.to_dense() if g.is_sparse else g)
        for p, g in zip(parameters, found, strict=True)
    ]


def _updates(
    model: nn.Module,
    optimizer: Optimizer | Callable[[Any], Optimizer],
    gradients: list[Tensor],
    clip_norm: float | None,
) -> dict[str, float]:
    """Make one step on a copy and compare."""
    if isinstance(optimizer, Optimizer):
        # One copy of both, so that the optimiser's weights are the copy's.
        twin, step = copy.deepcopy((model, optimizer))
        for attached in ("step", "zero_grad"):  # a schedule's wrapper is bound to ours
            step.__dict__.pop(attached, None)
        for hooks in ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks"):
            getattr(step, hooks, {}).clear()
    else:
        twin = copy.deepcopy(model)
        step = optimizer(twin.parameters())
    wanted = [(n, p) for n, p in twin.named_parameters() if p.requires_grad]
    for p in twin.parameters():
        p.grad = None
    for (_, p), g in zip(wanted, gradients, strict=True):
        p.grad = g.detach().clone()
    if clip_norm is not None:
        nn.utils.clip_grad_norm_([p for _, p in wanted], clip_norm)
    before = {n: p.detach().double().clone() for n, p in wanted}
    step.step()
    ratios = {}
    for name, p in wanted:
        size = float(before[name].norm())
        change = float((p.detach().double() - before[name]).norm())
        ratios[name] = change / size if size else (math.inf if change else 0.0)
    return ratios
