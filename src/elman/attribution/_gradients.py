"""Attributions by gradients along the way from a baseline to an input."""

from __future__ import annotations

import math

import numpy as np

from ._attribution import Array, Attribution, Gradient, baselines_of

FEWEST_NODES, MOST_NODES = 8, 1024
TOLERANCE = 0.005
"""Nodes are doubled until the values add up to this share of what is explained."""

_TOGETHER = 64


def integrated_gradients(
    gradient: Gradient,
    inputs: Array,
    baseline: Array,
    *,
    tolerance: float = TOLERANCE,
) -> Attribution:
    r"""Integrate the gradient from a baseline to the input.

    .. math:: a_i = (x_i - b_i) \int_0^1 \partial_i f(b + \alpha (x - b)) \, d\alpha

    by Gauss and Legendre's rule, with 8 nodes, then 16, and so on up to 1,024, until
    the values add up to :math:`f(x) - f(b)` within ``tolerance`` of it. Of several
    baselines the mean is taken.

    Parameters
    ----------
    gradient : callable
        From (n, T, C) to outputs (n, K) and gradients (n, K, T, C).
    inputs : ndarray
        (T, C).
    baseline : ndarray
        (C,), (T, C), or several (m, T, C).
    tolerance : float
        A share of :math:`|f(x) - f(b)|`.

    Returns
    -------
    Attribution

    Notes
    -----
    M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep networks", ICML
    2017.
    """
    starts = baselines_of(inputs, baseline)
    output, _ = gradient(inputs[None])
    found, reference, evaluations = [], [], 1
    for start in starts:
        begin, _ = gradient(start[None])
        whole = output[0] - begin[0]
        least = 1e-9 * np.maximum(1.0, np.abs(output[0]))
        nodes = FEWEST_NODES
        while True:
            values = _integral(gradient, inputs, start, nodes)
            evaluations += nodes
            gap = np.abs(values.sum((1, 2)) - whole)
            near = (gap <= np.maximum(tolerance * np.abs(whole), least)).all()
            if near or nodes >= MOST_NODES:
                break
            nodes *= 2
        found.append(values)
        reference.append(begin[0])
        evaluations += 1
    return Attribution(
        "integrated gradients",
        np.mean(found, 0),
        output[0],
        np.mean(reference, 0),
        evaluations=evaluations,
    )


def _integral(gradient: Gradient, inputs: Array, start: Array, nodes: int) -> Array:
    """Return (K, T, C) by this many nodes."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    shares, weights = (places + 1) / 2, weights / 2
    total: Array | None = None
    for begin in range(0, nodes, _TOGETHER):
        some = slice(begin, begin + _TOGETHER)
        points = start + shares[some, None, None] * (inputs - start)
        _, slopes = gradient(points)
        part = np.einsum("n,nktc->ktc", weights[some], slopes)
        total = part if total is None else total + part
    assert total is not None  # noqa: S101 - there is a node
    return np.asarray(total * (inputs - start))


def expected_gradients(
    gradient: Gradient,
    inputs: Array,
    baseline: Array,
    *,
    draws: int = 256,
    seed: int = 0,
) -> Attribution:
    r"""Average gradients at chance places between the input and chance baselines.

    .. math:: a_i = E_{b, \alpha} \left[ (x_i - b_i)\,
        \partial_i f(b + \alpha (x - b)) \right]

    A baseline is drawn for each part of :math:`[0, 1]`, all of them alike often, and
    :math:`\alpha` inside the part. Standard errors are over four rounds of such draws.

    Parameters
    ----------
    gradient : callable
        From (n, T, C) to outputs (n, K) and gradients (n, K, T, C).
    inputs : ndarray
        (T, C).
    baseline : ndarray
        (m, T, C): the background.
    draws : int
        At least 8.
    seed : int

    Returns
    -------
    Attribution

    Notes
    -----
    G. Erion et al., "Improving performance of deep learning models with axiomatic
    attribution priors and expected gradients", Nature Machine Intelligence 2021.
    """
    starts = baselines_of(inputs, baseline)
    rng = np.random.default_rng(seed)
    rounds = 4
    each = max(2, math.ceil(draws / rounds))
    output, _ = gradient(inputs[None])
    sums = [gradient(starts[i : i + _TOGETHER])[0].sum(0) for i in _begins(len(starts))]
    reference = np.sum(sums, 0) / len(starts)
    found = []
    for _ in range(rounds):
        shares = (rng.permutation(each) + rng.random(each)) / each
        turns = -(-each // len(starts))
        order = np.concatenate([rng.permutation(len(starts)) for _ in range(turns)])
        total: Array | None = None
        for begin in _begins(each):
            some = slice(begin, min(begin + _TOGETHER, each))
            away = inputs - starts[order[some]]
            points = inputs - (1 - shares[some, None, None]) * away
            _, slopes = gradient(points)
            part = np.einsum("ntc,nktc->ktc", away, slopes)
            total = part if total is None else total + part
        assert total is not None  # noqa: S101 - there is a draw
        found.append(total / each)
    return Attribution(
        "expected gradients",
        np.mean(found, 0),
        output[0],
        reference,
        np.std(found, 0, ddof=1) / math.sqrt(rounds),
        evaluations=1 + len(starts) + rounds * each,
    )


def _begins(count: int) -> range:
    return range(0, count, _TOGETHER)
