"""The examination: record, judge, prescribe."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import torch
from torch import nn

from elman._arguments import number, whole_number
from elman._errors import InputError
from elman._modes import beside

from ._results import Diagnosis, Finding, LayerProfile
from ._thresholds import EXPLODED
from .judge._catalogue import in_order
from .judge._judge import (
    detached_first,
    findings_of,
    growth,
    headline_of,
    judge_unreached,
    verdict_of,
)
from .judge._judge_numbers import (
    KIND_OF,
    holds_nonfinite,
    judge_first,
    judge_frozen,
    judge_linear,
    judge_loss,
    judge_zero,
    not_finite,
)
from .judge._judge_training import (
    FEWEST_BATCHES,
    judge_clipping,
    judge_practice,
    judge_statistics,
    judge_trial,
)
from .judge._reach import Reach, precision_of
from .measure._linear import bend
from .measure._measure import Loss, Measurement, measure
from .measure._nonfinite import first_nonfinite
from .measure._practice import practised
from .measure._statistics import gradient_statistics
from .measure._trial import Optimiser, Trial, trial
from .measure._truncation import truncation_bias
from .need._need_of_batches import need_of_batches
from .need._needed import needed_from_lengths
from .open._call_model import Forward
from .open._cells import knows
from .open._probe import left_alone
from .remedy._prescribe import Prescription, prescribe


@beside
@left_alone
def diagnose(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    *,
    needed: int | Literal["data"] | None = None,
    needed_source: str | None = None,
    max_lag: int | None = None,
    truncation: int | None = None,
    precision: torch.dtype | None = None,
    optimizer: Optimiser | None = None,
    learning_rate: float | None = None,
    clip_norm: float | None = None,
    batches: Sequence[tuple[Any, Any]] = (),
    remedies: bool | Collection[str] = True,
    confirm: int = 0,
    forward: Forward | None = None,
    apart: int = 1,
    practice: int = 0,
) -> Diagnosis:
    """Measure how far a model's gradients reach back in time, before training.

    Runs the model on the batch with every recurrent layer unrolled, so that the
    gradient with respect to every state is exact, and restores it untouched. The
    horizon is the smallest lag k at which A(k) = E_b ‖∂ℓ/∂s_{T−k}‖ falls below
    A(0)/1000, where ℓ is a loss at a row's last step (`lag_curve`). It is compared
    with the steps the data need. The model is measured in the mode it is in, so
    dropout acts if it trains. Of a batch first batch larger than 64 rows, 64 evenly
    spread rows are used.

    Parameters
    ----------
    model : Module
        Containing RNN, GRU or LSTM layers of elman or torch.nn, at any depth.
    inputs : Tensor, PackedSequence or tuple
        Passed as ``model(inputs)``, or ``model(*inputs)`` for a tuple.
    targets : Any
        Passed to the loss.
    loss : callable
        ``loss(output, targets)`` returns a scalar tensor.
    needed : int or "data", optional
        Steps the data need, such as `needed_horizon` finds; the median length of
        the sequences if not given. With "data", `needed_dependence` looks for them
        in the batch and ``batches``, a few hundred rows at best.
    needed_source : str, optional
        How that is known, in words.
    max_lag : int, optional
        Longest lag of the lag curve; the whole sequence if not given.
    truncation : int, optional
        Steps after which training cuts the gradient (truncated backpropagation).
    precision : torch.dtype, optional
        The format the recurrence will run in, such as torch.bfloat16 under
        autocast; that of the weights if not given.
    optimizer : Optimizer or callable, optional
        What the model is to be trained with: an optimiser over its parameters, or
        what makes one, such as ``partial(torch.optim.SGD, lr=0.1)``. A few steps
        are taken on a copy, and judged.
    learning_rate : float, optional
        Short for Adam with it.
    clip_norm : float, optional
        Threshold the gradient's norm is clipped to in training.
    batches : sequence of (inputs, targets)
        More batches for the optimiser's trial steps.
    remedies : bool or collection of str
        Whether to try remedies when something is wrong; or which kinds or names,
        as for `prescribe`.
    confirm : int
        Training steps with which `prescribe` confirms its choice.
    forward : callable, optional
        ``forward(model, inputs)``, for a call of another form.
    apart : int
        How many steps have to be told apart as far back as the data need: 1 for a
        sum, ten for ten symbols that are to be said again in their order.
    practice : int
        Training steps on a copy, after half of which and all of which the reach is
        measured again where it falls short; needs ``optimizer`` or
        ``learning_rate``. 128 show whether training will lengthen it.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InputError
        If the model has no recurrent layer, the loss is no scalar, or a number is
        out of range.

    Examples
    --------
    >>> import torch
    >>> from elman import diagnose
    >>> class Last(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.rnn = torch.nn.GRU(1, 32, batch_first=True)
    ...     def forward(self, x):
    ...         return self.rnn(x)[0][:, -1, :1]
    >>> x, y = torch.randn(8, 100, 1), torch.randn(8, 1)
    >>> diagnose(Last(), x, y, torch.nn.functional.mse_loss).verdict
    'vanishing'
    """
    for name, value in (
        ("needed", 1 if needed == "data" else needed),
        ("max_lag", max_lag),
        ("truncation", truncation),
    ):
        if value is not None and (isinstance(value, str) or not value >= 1):
            raise InputError(f"{name}: got {value}; give a number of steps, 1 or more")
    if learning_rate is not None:
        number("learning_rate", learning_rate)
        if optimizer is not None:
            raise InputError(
                "learning_rate: the optimizer has one already; give one or the other"
            )
        optimizer = partial(torch.optim.Adam, lr=learning_rate)
    if clip_norm is not None:
        number("clip_norm", clip_norm)
    whole_number("apart", apart)
    whole_number("practice", practice, least=0)
    if practice and optimizer is None:
        raise InputError("practice: needs optimizer= or learning_rate= for its steps")
    if precision is not None and not precision.is_floating_point:
        raise InputError(
            f"precision: got {precision}; give a floating type such as torch.bfloat16"
        )
    broken = not_finite(model, inputs)
    last = needed if isinstance(needed, int) else 10**9
    far = (last, apart) if apart > 1 else None
    seen = measure(
        model, inputs, targets, loss, max_lag=max_lag, forward=forward, far=far
    )
    data = [(inputs, targets), *batches]
    if needed is None or needed == "data":
        need = (
            needed_from_lengths(seen.lengths)
            if needed is None or broken
            else need_of_batches(model, data, seen.lengths)
        )
        needed, needed_source = need.steps, needed_source or need.source
    needed = int(needed)
    head = headline_of(seen.profiles)
    verdict = verdict_of(seen.profiles, needed, apart)
    broken, none = _no_verdict(
        model, inputs, targets, loss, forward, seen, needed, broken
    )
    sound = math.isfinite(seen.loss) and not broken
    trains = sound and any(p.requires_grad for p in model.parameters())
    tried: Trial | None = None
    if optimizer is not None and trains:
        tried, _ = trial(
            model, data, loss, optimizer, clip_norm=clip_norm, forward=forward
        )
    later: list[tuple[int, float]] = []
    if practice and optimizer is not None and trains and verdict == "vanishing":
        later = practised(
            model, data, loss, optimizer, practice, head.name,
            clip_norm=clip_norm, max_lag=max_lag, forward=forward,
        )  # fmt: skip
    cut = None
    if truncation is not None and sound:
        cut = truncation_bias(model, inputs, targets, loss, forward=forward)
    reach = Reach(
        needed,
        head.horizon,
        max(head.steps, head.whole),
        truncation,
        math.nan if cut is None else cut.at(truncation or 1),
        None if cut is None else cut.smallest,
        precision=precision_of(head, precision or _dtype(model)),
        detached=head.steps if head.whole else None,
    )
    about_training = [*judge_trial(tried), *judge_clipping(tried)]
    if len(data) >= FEWEST_BATCHES and trains:
        about_training += judge_statistics(
            gradient_statistics(model, data, loss, forward=forward), clip_norm
        )
    prescription: Prescription | None = None
    ill = verdict != "healthy" or any(f.severity == "error" for f in about_training)
    # No other weights or cell help where the model itself ends the gradient.
    if remedies and ill and trains and none is None and not detached_first(head):
        prescription = prescribe(
            model,
            inputs,
            targets,
            loss,
            needed,
            max_lag=max_lag,
            horizon=head.horizon,
            verdict=verdict,
            remedies=remedies,
            optimizer=optimizer,
            clip_norm=clip_norm,
            batches=batches,
            confirm=confirm,
            forward=forward,
            apart=apart,
        )
    measured = [] if prescription is None else prescription.remedies
    best = None if prescription is None else prescription.best
    flow = findings_of(
        seen.profiles, seen.exponents, seen.used, seen.seen, needed, reach, measured,
        best, apart,
    )  # fmt: skip
    if none is not None:
        flow = none.findings  # nothing else can be said about the flow
    unknown = none is not None and none.word == "not finite"
    configuration = {} if prescription is None else dict(prescription.configuration)
    if truncation is not None and truncation < needed:
        configuration["truncation"] = needed
    return Diagnosis(
        verdict=verdict if none is None else none.word,
        horizon=head.horizon if none is None else math.nan,
        needed=needed,
        needed_source=needed_source or "given",
        headline=head.name,
        profile=[p if none is None else _unsaid(p) for p in seen.profiles],
        lyapunov=[] if unknown else seen.exponents,
        saturation=[] if unknown else seen.used,
        findings=in_order(
            [
                *broken,
                *judge_loss(seen.loss, broken),
                *flow,
                *judge_frozen(model),
                *(judge_linear(bend(model, inputs, forward)) if sound else []),
                *judge_practice(head.horizon, later, needed),
                *about_training,
            ]
        ),
        remedies=measured,
        best=best,
        loss=seen.loss,
        rows=seen.rows,
        behaviour=[] if unknown else seen.seen,
        trial=tried,
        configuration=configuration,
        reason="" if none is None else none.reason,
        skipped={} if prescription is None else prescription.skipped,
        practised=later,
    )


@dataclass(frozen=True)
class _None:
    """Why there is no verdict: in a word, in a sentence, and as findings."""

    word: str
    reason: str
    findings: list[Finding] = field(default_factory=list)


def _no_verdict(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    forward: Forward | None,
    seen: Measurement,
    needed: int,
    suspected: list[Finding],
) -> tuple[list[Finding], _None | None]:
    """Return what is not finite, and why nothing can be said about the flow."""
    suspicious = suspected or not math.isfinite(seen.loss) or not seen.finite
    if suspicious or holds_nonfinite(targets):
        first = first_nonfinite(model, inputs, targets, loss, forward=forward)
        if first is not None:
            found = [f for f in suspected if f.name == KIND_OF.get(first.kind)]
            found = found or judge_first(first)
            grown = any(growth(p, needed)[0] > EXPLODED for p in seen.profiles)
            # A gradient that overflows because it grows is a verdict, and measured.
            if grown and first.kind in ("adjoint", "parameter gradient"):
                return found, None
            return found, _None("not finite", str(first))
    # Else: padding, or what a mask holds, which reaches nothing.
    longest = max(p.steps for p in seen.profiles)
    if longest < 2:
        reason = (
            f"the longest sequence that a recurrent layer saw has {longest} "
            f"step{'' if longest == 1 else 's'}; so it is too where a state is "
            "detached, or a new one given, at every step"
        )
        return [], _None("too short", reason)
    if not any(p.connected for p in seen.profiles):
        reason = "the loss depends on no step of any recurrent layer"
        return [], _None("no gradient", reason, judge_unreached(seen.profiles))
    if not seen.arrives:
        reason = "every gradient in a recurrent layer is exactly zero"
        zero = [judge_zero(p.name, p.steps) for p in seen.profiles]
        return [], _None("no gradient", reason, zero)
    return [], None


def _unsaid(profile: LayerProfile) -> LayerProfile:
    """Return a profile that says nothing of how far the gradient reaches."""
    nan = math.nan
    return replace(
        profile, horizon=nan, error=nan, rate=nan, beyond_window=False, capped=False
    )


def _dtype(model: nn.Module) -> torch.dtype:
    layer = next(m for m in model.modules() if knows(m))
    return next(p.dtype for p in layer.parameters())
