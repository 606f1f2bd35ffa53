"""Whether what counts most by an attribution counts most for the output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._attribution import Array, Function, baselines_of

POINTS = 20
_ORDERS = 8


@dataclass(frozen=True)
class Fidelity:
    """Outputs with more and more values at the baseline.

    Attributes
    ----------
    shares : ndarray
        (P,): of the values, from 0 to 1.
    deleted, inserted : ndarray
        (P,): the output with this share of them hidden, or alone shown, the ones that
        count most first.
    at_random : ndarray
        (P,): the output with this share hidden in chance order, a mean of eight.
    """

    shares: Array
    deleted: Array
    inserted: Array
    at_random: Array

    @property
    def gain(self) -> float:
        """How much earlier the output is lost than in chance order.

        The area between the two curves of deletion, as a share of the whole output
        that there is to lose; 0 is no better than chance, and below it worse.
        """
        lost = self.at_random - self.deleted
        area = float(np.trapezoid(lost, self.shares))
        whole = float(self.deleted[0] - self.deleted[-1])
        return area / whole if abs(whole) > 1e-12 else 0.0


def fidelity(
    function: Function,
    inputs: Array,
    baseline: Array,
    values: Array,
    output: int = 0,
    *,
    seed: int = 0,
) -> Fidelity:
    """Hide values in the order of what they count, and in chance order.

    Parameters
    ----------
    function : callable
        From (n, T, C) to (n, K).
    inputs : ndarray
        (T, C).
    baseline : ndarray
        (C,), (T, C), or several (m, T, C).
    values : ndarray
        (T, C): what each value counts.
    output : int
        Which of the K.
    seed : int

    Returns
    -------
    Fidelity
    """
    starts = baselines_of(inputs, baseline)
    rng = np.random.default_rng(seed)
    size = values.size
    shares = np.unique(np.linspace(0, size, min(POINTS, size) + 1).round().astype(int))

    def along(order: np.ndarray, *, hide: bool) -> Array:
        place = np.empty(size, np.int64)
        place[order] = np.arange(size)
        first = (place[None] < shares[:, None]).reshape(len(shares), *values.shape)
        shown = ~first if hide else first
        each = [function(np.where(shown, inputs, start)) for start in starts]
        return np.asarray(np.mean(each, 0)[:, output])

    ends = function(np.concatenate([inputs[None], starts]))[:, output]
    # What made the output what it is goes first; an order by size would mix it with
    # what speaks against it.
    towards = -1.0 if ends[0] < ends[1:].mean() else 1.0
    order = np.argsort(-towards * values.ravel(), kind="stable")
    chance = [along(rng.permutation(size), hide=True) for _ in range(_ORDERS)]
    return Fidelity(
        shares / size,
        along(order, hide=True),
        along(order, hide=False),
        np.mean(chance, 0),
    )
