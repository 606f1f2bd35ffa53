"""Explain predictions: `elman.explain`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor, nn

from elman._arguments import whole_number
from elman._errors import InputError, did_you_mean
from elman._modes import own_modes
from elman.attribution import (
    BY_GRADIENT,
    METHODS,
    PERMUTATIONS,
    TOLERANCE,
    Attribution,
    Blocks,
    baselines_of,
    expected_gradients,
    fidelity,
    integrated_gradients,
    likeness,
    occlusion,
    shapley,
)
from elman.tasks._estimator import Estimator
from elman.tasks._registry import TASKS

from ._asked import Asked, Question
from ._baselines import Wanted
from ._explanation import FEW, Case, Explanation
from ._modules import question_of_module
from ._sequences import question_of

STRETCHES = 10
REFINED = 3


@own_modes()
def explain(
    model: Any,
    X: Any,
    *,
    method: str = "auto",
    output: Any = None,
    step: int | None = None,
    baseline: Any = "auto",
    background: Any = None,
    stretches: int = STRETCHES,
    refine: int = REFINED,
    permutations: int = PERMUTATIONS,
    check: bool = False,
    names: Sequence[str] | None = None,
    forward: Callable[[nn.Module, Tensor], Tensor] | None = None,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> Explanation:
    r"""Say which steps and which channels made each prediction.

    Every value :math:`x_{tc}` of a case gets a number :math:`a_{tc}` in units of the
    output, and together they are what the prediction differs by from that for a
    baseline: :math:`\sum_{tc} a_{tc} = f(x) - f(b)`. How far they are from that is
    computed and said.

    Parameters
    ----------
    model : Estimator or nn.Module
        A fitted classifier or regressor of sequences; or a module that is called
        with a tensor (n, T, C).
    X : object
        The cases, as ``predict`` takes them; for a module (n, T, C).
    method : str
        "auto", or one of `elman.attribution.METHODS`: "shapley" shares the output
        among parts, "integrated gradients" and "expected gradients" follow the slope
        from the baseline, "occlusion" hides one part at a time. "auto" takes
        integrated gradients where the whole prediction has a gradient, else
        "shapley".
    output : object
        A class, or the number of a target or output; the class that was predicted, or
        all targets, if None.
    step : int or None
        Which step's answer, where each has one; the last if None.
    baseline : str or array-like
        "mean" (of each channel over the training part; of a module over X), "zero",
        "background", or values (C,) or (T, C). "auto" is "background" where one is
        given, else "mean".
    background : object
        Real cases, as X: some of them (20, drawn by chance) are compared with, and
        the mean is explained.
    stretches : int
        Parts in time of "shapley" and "occlusion", for each channel; of "shapley" as
        many as are needed where there are many channels.
    refine : int
        How often "shapley" splits the parts that count into smaller ones.
    permutations : int
        Orders that "shapley" draws where there are more than ten parts.
    check : bool
        Whether to compute fidelity (how much earlier the output is lost if what counts
        most is hidden first, than in chance order) and likeness (to the map of the
        same model with its weights in chance places, which should be near 0).
    names : sequence of str, optional
        What the cases are called.
    forward : callable, optional
        Of a module: ``forward(module, x)``, for a call of another form.
    seed : int
        Of everything drawn.
    say : callable, optional
        Told of each case that is finished.

    Returns
    -------
    Explanation
        A sequence of cases, with ``to_frame()`` and ``to_dict()``.

    Raises
    ------
    InputError
        An argument or X cannot be used, or the model has no explanation.

    Notes
    -----
    Gradients inherit what vanishes: where a network's gradients do not reach back to a
    step, its attribution there is small even if the network uses it; "shapley" and
    "occlusion" do not depend on gradients. Attention says where a network looked, and
    not what changed its answer.

    Examples
    --------
    >>> import elman, numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 8, 2))
    >>> y = np.where(X[:, 3:5, 1].mean(1) > 0, "up", "down")
    >>> model = elman.SequenceClassifier(epochs=2, hidden_size=8, init="default")
    >>> found = elman.explain(model.fit(X, y), X[:2])
    >>> found[0].values.shape
    (1, 8, 2)
    """
    if method not in ("auto", *METHODS):
        raise InputError(
            f"method={method!r} is none of auto, {', '.join(METHODS)}"
            f"{did_you_mean(str(method), METHODS)}"
        )
    for name, value, least in (
        ("stretches", stretches, 1),
        ("refine", refine, 0),
        ("permutations", permutations, 2),
        ("seed", seed, 0),
    ):
        whole_number(name, value, least)
    wanted = Wanted.of(baseline, background, seed)
    question = _question(model, X, wanted, output, step, names, forward)
    method = _method(method, question)
    cases = []
    for case in question.cases:
        found = _attributed(
            case, question, method, stretches, refine, permutations, seed
        )
        cases.append(_case(case, found, seed, check=check))
        if say is not None:
            say(case.case)
    if check and question.shuffled is not None:
        other = question.shuffled(seed)
        asked = zip(other.cases, cases, strict=True)
        maps = [
            _attributed(case, other, method, stretches, refine, permutations, seed)
            for case, _ in asked
        ]
        cases = [_beside(case, one) for case, one in zip(cases, maps, strict=True)]
    notes = []
    if method in BY_GRADIENT and question.gradients_of:
        notes.append(f"gradients explain {question.gradients_of}")
    off = [c for c in cases if c.attribution.relative_gap.max() > FEW]
    if off and method != "occlusion":
        notes.append(
            f"{len(off)} of {len(cases)} do not add up within {100 * FEW:.0f} % of what"
            " there is to explain"
        )
    unit = question.cases[0].unit if question.cases else ""
    return Explanation(
        question.kind,
        method,
        unit,
        question.baseline,
        question.channels,
        cases,
        notes,
    )


def _question(
    model: Any,
    X: Any,
    wanted: Wanted,
    output: Any,
    step: int | None,
    names: Sequence[str] | None,
    forward: Any,
) -> Question:
    if isinstance(model, nn.Module):
        return question_of_module(
            model,
            X,
            wanted=wanted,
            output=output,
            step=step,
            names=names,
            forward=forward,
        )
    if not isinstance(model, Estimator):
        raise InputError(
            f"explain takes an estimator of Elman or an nn.Module, got"
            f" {type(model).__name__}"
        )
    if forward is not None:
        raise InputError("forward is for modules; an estimator knows how it is called")
    if "explain" not in TASKS[model.task].can:
        able = [task.estimator for task in TASKS.values() if "explain" in task.can]
        raise InputError(
            f"{type(model).__name__} cannot be explained; {' and '.join(able)} can, and"
            " any nn.Module"
        )
    return question_of(model, X, wanted=wanted, output=output, step=step, names=names)


def _method(method: str, question: Question) -> str:
    smooth = all(case.gradient is not None for case in question.cases)
    if method == "auto":
        whole = smooth and not question.gradients_of
        return "integrated gradients" if whole else "shapley"
    if method in BY_GRADIENT and not smooth:
        raise InputError(
            f"method={method!r} needs a gradient, and categories, words, times and"
            " steps read in another order have none; use method='shapley'"
        )
    return method


def _attributed(
    case: Asked,
    question: Question,
    method: str,
    stretches: int,
    refine: int,
    permutations: int,
    seed: int,
) -> Attribution:
    if method in BY_GRADIENT:
        return _by_gradient(case, method, seed)
    steps = len(case.inputs)
    groups = question.groups
    if method == "occlusion":
        blocks = Blocks.grid(steps, groups, stretches)
        return occlusion(case.function, case.inputs, case.baseline, blocks)
    # Few parts at first; those that count are split into what they are made of.
    together = [[c for group in groups for c in group]]
    blocks = Blocks.grid(steps, groups if len(groups) <= 3 else together, stretches)
    return shapley(
        case.function,
        case.inputs,
        case.baseline,
        blocks,
        permutations=permutations,
        refine=refine,
        seed=seed,
    )


def _by_gradient(case: Asked, method: str, seed: int) -> Attribution:
    assert case.gradient is not None  # noqa: S101 - asked before
    assert case.prepare is not None  # noqa: S101
    assert case.gather is not None  # noqa: S101
    starts = case.prepare(baselines_of(case.inputs, case.baseline))
    inputs = case.prepare(case.inputs[None])[0]
    if method == "integrated gradients":
        found = integrated_gradients(case.gradient, inputs, starts, tolerance=TOLERANCE)
    else:
        found = expected_gradients(case.gradient, inputs, starts, seed=seed)
    error = found.error
    return Attribution(
        found.method,
        case.gather(found.values),
        found.output,
        found.reference,
        None if error is None else np.sqrt(case.gather(np.square(error))),
        evaluations=found.evaluations,
    )


def _case(case: Asked, found: Attribution, seed: int, *, check: bool) -> Case:
    curves = None
    if check:
        curves = fidelity(
            case.function, case.inputs, case.baseline, found.values[0], seed=seed
        )
    return Case(
        case.case,
        case.predicted,
        case.outputs,
        case.inputs,
        baselines_of(case.inputs, case.baseline).mean(0),
        found,
        curves,
    )


def _beside(case: Case, other: Attribution) -> Case:
    return replace(case, likeness=likeness(case.values[0], other.values[0]))
