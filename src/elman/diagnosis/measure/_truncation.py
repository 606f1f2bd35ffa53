"""How wrong the gradient is when backpropagation through time stops after K steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from elman._arguments import share, whole_number
from elman._errors import InputError
from elman._plain import plain
from elman.diagnosis.open._call_model import Forward, Loss, call, loss_of
from elman.diagnosis.open._denormals import flushed
from elman.diagnosis.open._preserve import unwrapped
from elman.diagnosis.open._probe import recurrent

from ._chunked import truncated, watched

TOLERANCE = 0.05
"""A gradient this close to the whole one, relatively, is as good as it."""


@dataclass(frozen=True)
class TruncationBias:
    """How far the gradient of truncated backpropagation is from the whole one.

    Parameters
    ----------
    steps : list of int
        K: the state is cut from the graph every so many steps.
    bias : list of float
        ‖g_K − g‖ / ‖g‖, over the weights of the recurrent layers.
    cosine : list of float
        ⟨g_K, g⟩ / (‖g_K‖ ‖g‖).
    smallest : int or None
        The smallest K within the tolerance; None if g is zero or not finite.
    tolerance : float
        The relative error allowed.
    length : int
        Steps of the longest sequence: a K as long cuts nothing.
    norm : float
        ‖g‖.
    shifts : int
        Alignments averaged.
    """

    steps: list[int]
    bias: list[float]
    cosine: list[float]
    smallest: int | None
    tolerance: float = TOLERANCE
    length: int = 0
    norm: float = math.nan
    shifts: int = 1

    def at(self, steps: int) -> float:
        """Return the bias at K, between measured ones by interpolation in ln K."""
        if steps >= self.length:
            return 0.0
        for place, high in enumerate(self.steps):
            if high >= steps:
                low = self.steps[max(0, place - 1)]
                if high == steps or low >= high or steps < low:
                    return self.bias[place]
                share_ = math.log(steps / low) / math.log(high / low)
                return (1 - share_) * self.bias[place - 1] + share_ * self.bias[place]
        return self.bias[-1] if self.bias else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; what is not a finite number is None."""
        return plain(asdict(self))  # type: ignore[no-any-return]


@flushed()
def truncation_bias(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    *,
    steps: Sequence[int] | None = None,
    tolerance: float = TOLERANCE,
    shifts: int = 1,
    forward: Forward | None = None,
) -> TruncationBias:
    """Measure how wrong truncated backpropagation through time is on a batch.

    With the state s_t cut from the graph before the steps N − m·K, m = 1, 2, …, of
    a sequence of N steps, so that the last chunk is whole and the first one may be
    shorter, every product of one-step Jacobians that crosses a cut is missing from

        g = Σ_t Σ_{j ≤ t} (∂ℓ_t/∂s_t) (∂s_t/∂s_j) (∂⁺s_j/∂θ),

    and g_K − g is what it would have contributed. A loss at the last step alone
    reaches back exactly K steps; one at every step K/2 on average, as in training
    on chunks of a long sequence. With ``shifts`` > 1, g_K is the mean over that many
    alignments of the cuts, N − ⌊i·K/shifts⌋ − m·K: the gradient to be expected
    where chunks begin anywhere. A K of N or more cuts nothing. Each direction of a
    bidirectional layer is cut in its own order. States handed from one module to
    another, as from encoder to decoder, are not cut.

    K runs over the powers of two up to N; the smallest K within the tolerance is
    then bisected between the last power that is not and the first from which on
    all are. That is the smallest of all if the bias falls with K, as it does
    unless contributions cancel.

    Parameters
    ----------
    model, inputs, targets, loss
        As for `elman.diagnose`.
    steps : sequence of int, optional
        The K to measure instead; no bisection then, the smallest of these.
    tolerance : float
        The relative error allowed, between 0 and 1.
    shifts : int
        Alignments to average.
    forward : callable, optional
        ``forward(model, inputs)``, for a call of another form.

    Returns
    -------
    TruncationBias

    Raises
    ------
    InputError
        If the model has no recurrent layer, the loss is no scalar, or a number is
        out of range.

    References
    ----------
    Williams and Peng, Neural Computation 2 (1990); Aicher, Foti and Fox, "Adaptively
    truncating backpropagation through time to control gradient bias", UAI 2019.
    """
    share("tolerance", tolerance)
    whole_number("shifts", shifts)
    given = None if steps is None else sorted({whole_number("steps", k) for k in steps})
    if given == []:
        raise InputError("steps: got none; give at least one number of steps")
    model = unwrapped(model)
    parameters = _parameters(model)
    flags = [p.requires_grad for p in parameters]
    random = torch.get_rng_state()

    def gradient() -> Tensor:
        torch.set_rng_state(random)  # the same dropout every time
        value = loss_of(loss, call(model, inputs, forward), targets)
        if not value.requires_grad:
            return torch.zeros(1)
        found = torch.autograd.grad(value, parameters, allow_unused=True)
        return torch.cat(
            [g.double().flatten() for g in found if g is not None] or [torch.zeros(1)]
        )

    for p in parameters:
        p.requires_grad_(True)
    try:
        with watched(model) as calls:
            whole = gradient()
        length = max((_longest(of) for of in calls.values()), default=0)
        if length == 0:
            raise InputError("model: no recurrent layer ran on these inputs")
        norm = float(whole.norm())
        measured: dict[int, tuple[float, float]] = {}

        def bias(every: int) -> float:
            if every not in measured:
                total = torch.zeros_like(whole)
                used = shifts if every < length else 1
                for i in range(used):
                    with truncated(model, calls, every, i * every // used):
                        total += gradient()
                measured[every] = _compare(total / used, whole)
            return measured[every][0]

        sound = math.isfinite(norm) and norm > 0
        grid = given or _powers(length)
        smallest = (
            _smallest(bias, grid, tolerance, exact=given is None) if sound else None
        )
    finally:
        for p, flag in zip(parameters, flags, strict=True):
            p.requires_grad_(flag)
    order = sorted(measured)
    return TruncationBias(
        order,
        [measured[k][0] for k in order],
        [measured[k][1] for k in order],
        smallest,
        tolerance,
        length,
        norm,
        shifts,
    )


def _parameters(model: nn.Module) -> list[nn.Parameter]:
    """Return the weights of the recurrent layers, shared ones once."""
    found: dict[int, nn.Parameter] = {}
    for layer in recurrent(model).values():
        for p in layer.parameters():
            found[id(p)] = p
    return list(found.values())


def _longest(calls: list[tuple[int, int]]) -> int:
    total: dict[int, int] = {}
    for sequence, steps in calls:
        total[sequence] = total.get(sequence, 0) + steps
    return max(total.values(), default=0)


def _powers(length: int) -> list[int]:
    return [1 << i for i in range((length - 1).bit_length())] + [length]


def _compare(mine: Tensor, whole: Tensor) -> tuple[float, float]:
    norm = float(whole.norm())
    product = float(mine.norm()) * norm
    cosine = float(mine @ whole) / product if product else math.nan
    return float((mine - whole).norm()) / norm, max(-1.0, min(1.0, cosine))


def _smallest(
    bias: Callable[[int], float], grid: list[int], tolerance: float, *, exact: bool
) -> int | None:
    """First K of the grid from which on all are within, then bisected."""
    good = [bias(k) <= tolerance for k in grid]
    last_bad = max((i for i, fine in enumerate(good) if not fine), default=-1)
    if last_bad == len(grid) - 1:
        return None
    high = grid[last_bad + 1]
    if not exact:
        return high
    low = grid[last_bad] if last_bad >= 0 else 0
    while high - low > 1:
        middle = (low + high) // 2
        if bias(middle) <= tolerance:
            high = middle
        else:
            low = middle
    return high
