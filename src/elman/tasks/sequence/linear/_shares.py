"""From several models' held-out predictions to one: calibrated, weighted, never sure.

The weights are chosen on predictions of sequences that the models did not see. Few
sequences move them little from where they start.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls
from scipy.special import log_softmax

Array = NDArray[np.float64]
Classes = NDArray[np.int64]

_STRENGTH = 10.0
_ROUNDS = 200


def calibration(
    scores: Array, truth: Classes, weights: Array | None
) -> tuple[float, float]:
    r"""Return the factor that makes scores logits, and the loss that it leaves.

    The factor minimises the cross-entropy to targets that are less than sure, as in
    Platt 2000: :math:`(n + 1) / (n + 2)` for the true class of n sequences. Twenty
    sequences without a mistake are no reason to claim certainty.

    Parameters
    ----------
    scores : ndarray
        (n, K), of models that did not see the sequence.
    truth : ndarray
        (n,): class numbers.
    weights : ndarray or None
        (n,).
    """
    n, classes = scores.shape
    wanted = np.full((n, classes), 1.0 / (n + 2) / max(classes - 1, 1))
    wanted[np.arange(n), truth] = (n + 1) / (n + 2)

    def loss(log_factor: float) -> float:
        logs = log_softmax(np.exp(log_factor) * scores, axis=1)
        return float(np.average(-(wanted * logs).sum(1), weights=weights))

    found = minimize_scalar(loss, bounds=(-4.0, 5.0), method="bounded")
    return float(np.exp(found.x)), float(found.fun)


def class_shares(
    logs: Sequence[Array], truth: Classes, weights: Array | None, prior: Sequence[float]
) -> Array:
    """Return each model's weight in the mean of their probabilities, summing to 1.

    The most probable weights given the held-out sequences, ten sequences' worth of
    evidence saying ``prior``.

    Parameters
    ----------
    logs : sequence of ndarray
        (n, K) of each model: log-probabilities of sequences it did not see.
    truth : ndarray
        (n,): class numbers.
    weights : ndarray or None
        (n,).
    prior : sequence of float
    """
    chosen = np.array([part[np.arange(len(truth)), truth] for part in logs])
    likelihood = np.exp(chosen - chosen.max(0))
    each = np.ones(len(truth)) if weights is None else weights
    start = np.asarray(prior, np.float64)
    shares = start
    for _ in range(_ROUNDS):
        share = shares[:, None] * likelihood
        share /= share.sum(0)
        shares = (share @ each + _STRENGTH * start) / (each.sum() + _STRENGTH)
    return shares


def number_shares(
    predictions: Sequence[Array],
    truth: Array,
    weights: Array | None,
    prior: Sequence[float],
) -> Array:
    """Return the same for numbers (n, K): least squares, none negative, sum 1."""
    start = np.asarray(prior, np.float64)
    each = np.ones(len(truth)) if weights is None else weights
    root = np.sqrt(np.repeat(each, truth.shape[1]))
    errors = np.stack([(p - truth).ravel() for p in predictions], 1) * root[:, None]
    typical = float(np.mean((errors @ start) ** 2)) + 1e-12
    hold = np.sqrt(_STRENGTH * typical) * np.eye(len(start))
    # A row that outweighs the others makes the weights sum to 1.
    one = 1e3 * np.sqrt(typical * (len(errors) + _STRENGTH)) * np.ones((1, len(start)))
    system = np.concatenate([errors, hold, one])
    wanted = np.concatenate([np.zeros(len(errors)), hold @ start, one[:, 0]])
    found, _ = nnls(system, wanted)
    return np.asarray(found / found.sum(), np.float64)


def mean_probabilities(logs: Sequence[Array], shares: Array) -> Array:
    """Return the logs of the weighted mean of probabilities, given by their logs."""
    used = [(w, part) for w, part in zip(shares, logs, strict=True) if w > 0]
    terms = np.stack([np.log(w) + part for w, part in used])
    return np.asarray(np.logaddexp.reduce(terms, axis=0), np.float64)


def mean_numbers(parts: Sequence[Array], shares: Array) -> Array:
    """Return the weighted mean of numbers."""
    return np.asarray(np.tensordot(shares, np.stack(parts), 1), np.float64)
