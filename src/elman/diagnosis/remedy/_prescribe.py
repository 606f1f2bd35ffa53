"""Try each change on a copy of the model, measure again, and choose."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from elman import cells
from elman._errors import InputError, did_you_mean
from elman.diagnosis._results import Remedy
from elman.diagnosis.judge._judge import headline_of, verdict_of
from elman.diagnosis.measure._measure import Loss, measure
from elman.diagnosis.measure._trial import Optimiser, copied, trial
from elman.diagnosis.open._call_model import Forward, call
from elman.diagnosis.open._cells import knows
from elman.diagnosis.open._probe import left_alone
from elman.layers import name_of

from ._candidates import KEPT, KINDS, LASTING, Candidate, candidates, labels
from ._settle import Settled, settle
from ._state_form import uses_of_states
from ._swap import inputs_of_layers, same_form

IMPROVED = 1.5
"""A remedy that falls short of the need must at least lengthen the horizon so."""

LOWERED = 0.1
"""A remedy that stands less than this share of the learning rate gives way to one that
stands more than ten times as much."""

ILL = ("vanishing", "exploding", "blurred")
"""Verdicts that a change of the model can mend."""

TRIED = ("initialisation", "activation", "cell")
"""Kinds tried if none are named: flossing takes longer than all of them."""


@dataclass(frozen=True)
class Prescription:
    """The model prescribed, and what was measured on the way.

    Parameters
    ----------
    model : Module
        A copy with the best change made; an untrained one, like the original.
    best : str or None
        The change of the model that was chosen; None if it stays as it is.
    configuration : dict
        The choice as plain data: cell, nonlinearity, init, t_max, learning_rate,
        clip_norm, truncation, each only where it is to change.
    remedies : list of Remedy
        Everything measured, the longest horizon first.
    skipped : dict of str to str
        Cells that were looked at and not tried, with the reason.
    """

    model: nn.Module
    best: str | None
    configuration: dict[str, Any]
    remedies: list[Remedy] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


@left_alone
def prescribe(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    needed: int,
    *,
    max_lag: int | None = None,
    horizon: float | None = None,
    verdict: str | None = None,
    remedies: bool | Collection[str] = True,
    optimizer: Optimiser | None = None,
    clip_norm: float | None = None,
    batches: Sequence[tuple[Any, Any]] = (),
    confirm: int = 0,
    forward: Forward | None = None,
    apart: int = 1,
) -> Prescription:
    """Measure every change that fits on a copy of the model, and choose one.

    The best is the first, in the order of `_candidates.candidates` (mild before
    strong), of those after which the gradient reaches the needed horizon and does
    not explode. If none does, it is the one with the longest horizon, provided it
    does not explode and is at least 1.5 times as long as before; else none. With
    ``confirm``, all that reach the need, and the model as it is, are trained for
    so many steps, and the lowest loss decides.

    With an optimiser its learning rate is tried on the prescribed model as well: it
    is lowered by factors of about three until neither the loss rises nor the
    gradient explodes after a few steps; the clipping threshold is the 90th
    percentile of the norms seen. A remedy that stands less than a tenth of the rate
    gives way to the next that reaches the need and stands more than ten times as much:
    what is sound at its start alone is no remedy.

    Parameters
    ----------
    model, inputs, targets, loss
        As for `diagnose`.
    needed : int
        Steps the data need; also the ``t_max`` of chrono.
    max_lag : int, optional
        Longest lag measured.
    horizon, verdict : optional
        Of the model as it is; measured if not given.
    remedies : bool or collection of str
        Kinds or names to try, such as ("initialisation",); True for all but
        "flossing".
    optimizer : Optimizer or callable, optional
        What the model is to be trained with.
    clip_norm : float, optional
        The clipping threshold in use.
    batches : sequence of (inputs, targets)
        More batches for the steps tried; the one batch again and again if none.
    confirm : int
        Training steps to confirm the choice; needs ``optimizer``.
    forward : callable, optional
        ``forward(model, inputs)``, for a call of another form.
    apart : int
        As for `diagnose`.

    Returns
    -------
    Prescription

    Raises
    ------
    InputError
        If the model cannot be copied or measured, or a name is unknown.
    """
    if confirm and optimizer is None:
        raise InputError("confirm: needs optimizer=, which takes the training steps")
    look: dict[str, Any] = {
        "max_lag": max_lag,
        "full": False,
        "forward": forward,
        "far": (needed, apart) if apart > 1 else None,
    }
    if horizon is None or verdict is None:
        before = measure(model, inputs, targets, loss, **look)
        if not math.isfinite(before.loss):
            raise InputError(
                "model: the loss of the batch is not finite, so that nothing can be "
                "compared; first_nonfinite(model, inputs, targets, loss) says where"
            )
        horizon = headline_of(before.profiles).horizon
        verdict = verdict_of(before.profiles, needed, apart)
    given = inputs_of_layers(model, lambda m: call(m, inputs, forward))
    wanted = _wanted(remedies)
    tried: list[Remedy] = []
    by_name: dict[str, Candidate] = {}
    skipped: dict[str, str] = {}
    uses: dict[str, str] = {}
    if verdict in ILL and wanted - {TRIED[0]}:
        uses = uses_of_states(model, inputs, forward)
    fitting = candidates(model, needed, given, verdict, wanted, uses, skipped, apart)
    for candidate in fitting:
        if verdict not in ILL:
            break
        treated = candidate.change(copied(model))
        if treated is None:
            continue
        if candidate.kind == "cell" and not same_form(model, treated, inputs, forward):
            skipped[candidate.settings["cell"]] = "the model does not run with it"
            continue  # what surrounds it counts on something of the old one
        after = measure(treated, inputs, targets, loss, **look)
        reached = headline_of(after.profiles).horizon
        by_name[candidate.name] = candidate
        tried.append(
            Remedy(
                candidate.name,
                horizon,
                reached,
                verdict_of(after.profiles, needed, apart),
                _change(model, treated),
                candidate.call_for(treated),
                candidate.kind,
                candidate.settings,
                before=horizon,
                after=reached,
            )
        )
    best = best_of(tried) if verdict in ILL else None
    data = [(inputs, targets), *batches]
    if confirm and optimizer is not None:
        best, tried = _confirmed(
            model,
            by_name,
            tried,
            data,
            loss,
            optimizer,
            clip_norm,
            confirm,
            best,
            forward,
        )

    def made(name: str | None) -> nn.Module:
        twin = copied(model)
        return twin if name is None else by_name[name].change(twin) or twin

    chosen, settled = made(best), Settled()
    if optimizer is not None:
        names = [best] if confirm else [best, *_next_to(best, tried)]
        for name in names:
            twin = made(name)
            found = settle(
                twin,
                data,
                loss,
                optimizer,
                clip_norm,
                needed,
                max_lag=max_lag,
                forward=forward,
                above=0.0 if name == best else settled.factor / LOWERED,
                apart=apart,
            )
            if name == best or found.factor:
                best, chosen, settled = name, twin, found
            if settled.factor >= LOWERED:
                break
    configuration = dict(by_name[best].settings) if best is not None else {}
    tried.sort(key=lambda r: -r.horizon_after)
    return Prescription(
        chosen,
        best,
        configuration | settled.configuration,
        [*tried, *settled.remedies],
        skipped,
    )


def best_of(remedies: Sequence[Remedy]) -> str | None:
    """Choose by the rule of `prescribe`; the order is the order of preference."""
    sound = [r for r in remedies if r.verdict_after == "healthy"]
    if sound:
        return sound[0].name
    longer = [
        r
        for r in remedies
        if r.verdict_after != "exploding"
        and r.horizon_after >= IMPROVED * r.horizon_before
    ]
    return max(longer, key=lambda r: r.horizon_after).name if longer else None


def _next_to(best: str | None, remedies: Sequence[Remedy]) -> list[str]:
    """Return the sound remedies behind the best, in the order of preference."""
    sound = [r.name for r in remedies if r.verdict_after == "healthy"]
    return sound[sound.index(best) + 1 :] if best in sound else []


def _confirmed(
    model: nn.Module,
    by_name: dict[str, Candidate],
    tried: list[Remedy],
    data: Sequence[tuple[Any, Any]],
    loss: Loss,
    optimizer: Optimiser,
    clip_norm: float | None,
    steps: int,
    best: str | None,
    forward: Forward | None,
) -> tuple[str | None, list[Remedy]]:
    """Train the sound ones and the original a little; the lowest loss decides."""

    def after(twin: nn.Module) -> float:
        make = maker(optimizer) if twin is not model else optimizer
        seen, _ = trial(
            twin, data, loss, make, clip_norm=clip_norm, steps=steps, forward=forward
        )
        late = seen.losses[-max(1, steps // 10) :]
        value = sum(late) / len(late)
        return value if math.isfinite(value) else math.inf

    plain = after(model)
    rows = []
    for remedy in tried:
        if remedy.verdict_after == "healthy" or remedy.name == best:
            treated = by_name[remedy.name].change(copied(model))
            if treated is not None:
                remedy = replace(remedy, trained=after(treated))
        rows.append(remedy)
    trained = [r for r in rows if not math.isnan(r.trained)]
    if not trained:
        return None, rows
    lowest = min(trained, key=lambda r: r.trained)
    return (lowest.name if lowest.trained < plain else None), rows


def maker(optimizer: Optimiser) -> Any:
    """Return what makes an optimiser like the one given, for other parameters."""
    if not isinstance(optimizer, torch.optim.Optimizer):
        return optimizer
    options = dict(optimizer.defaults)
    options["lr"] = optimizer.param_groups[0]["lr"]

    def make(parameters: Any) -> torch.optim.Optimizer:
        kind: Any = type(optimizer)
        return kind(parameters, **options)  # type: ignore[no-any-return]

    return make


def _wanted(remedies: bool | Collection[str]) -> set[str]:
    if isinstance(remedies, bool):
        return set(TRIED) if remedies else set()
    known = {*KINDS, "forget_bias", "orthogonal", "critical", "chrono", "identity"}
    known |= {"relu + identity", "tanh + orthogonal", LASTING, KEPT}
    of_cells = {label for name in cells.names() for label in labels(name)}
    for name in remedies:
        if name not in known | of_cells:
            raise InputError(
                f"remedies: unknown {name!r}; choose from {', '.join(sorted(known))}, "
                f"or a cell's name{did_you_mean(str(name), sorted(known | of_cells))}"
            )
    return set(remedies)


def _change(model: nn.Module, treated: nn.Module) -> float:
    """‖θ' − θ‖ / ‖θ‖ over the recurrent layers; infinite if they are others."""
    difference = size = 0.0
    old = [m for m in model.modules() if knows(m)]
    new = [m for m in treated.modules() if knows(m)]
    for a, b in zip(old, new, strict=True):
        if name_of(a) != name_of(b):
            return math.inf
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            difference += float((q.detach() - p.detach()).double().square().sum())
            size += float(p.detach().double().square().sum())
    return (difference / size) ** 0.5 if size > 0 else math.inf
