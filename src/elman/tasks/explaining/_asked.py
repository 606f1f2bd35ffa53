"""One case to be explained: a function of its values, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from elman.attribution import Array, Function, Gradient


@dataclass(frozen=True)
class Asked:
    """A prediction for one case, as a function of the values it was made from.

    Attributes
    ----------
    case : str
        What it is called.
    inputs : ndarray
        (T, C), in the data's own units.
    baseline : ndarray
        (C,), (T, C) or (m, T, C): what the inputs are compared with.
    function : callable
        From (n, T, C) to (n, K).
    outputs : list of str
        What the K outputs are.
    unit : str
        Of the outputs, in words.
    predicted : str
        What was predicted, in words.
    gradient : callable or None
        From prepared inputs (n, T, C') to (n, K) and (n, K, T, C'); None where the
        prediction has no gradient.
    prepare : callable or None
        From inputs (n, T, C) to prepared ones, along which gradients are taken.
    gather : callable or None
        From values of prepared inputs (…, T, C') to those of the inputs (…, T, C).
    """

    case: str
    inputs: Array
    baseline: Array
    function: Function
    outputs: list[str]
    unit: str
    predicted: str
    gradient: Gradient | None = None
    prepare: Callable[[Array], Array] | None = None
    gather: Callable[[Array], Array] | None = None


@dataclass(frozen=True)
class Question:
    """All cases, and what holds for each of them.

    Attributes
    ----------
    kind : str
        The task, or the class of the module.
    channels : list of str
    groups : list of list of int
        Channels that are hidden together.
    cases : sequence of Asked
    baseline : str
        What cases are compared with, in words.
    gradients_of : str
        What gradients explain, in words, where that is not the whole prediction.
    shuffled : callable or None
        From a seed to the same question of a model with its weights in chance places.
    """

    kind: str
    channels: list[str]
    groups: list[list[int]]
    cases: Sequence[Asked]
    baseline: str
    gradients_of: str = ""
    shuffled: Callable[[int], Question] | None = None
