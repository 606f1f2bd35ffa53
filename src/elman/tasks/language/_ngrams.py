"""The models to beat: n-grams, smoothed as Chen and Goodman found best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.tasks.tokens._vocabulary import Ids

MOST = 5_000_000
"""Tokens of the training text, the last ones, that are counted."""

ORDERS = {"characters": (1, 3, 5, 7), "bytes": (1, 3, 5, 7)}
"""How many tokens a model looks at, the predicted one included, by kind of tokens."""

_OTHER_ORDERS = (1, 2, 3, 4)


def orders_of(kind: str) -> tuple[int, ...]:
    """Return the orders that are shown for a kind of tokens."""
    return ORDERS.get(kind, _OTHER_ORDERS)


def kneser_ney(
    training: Ids, held_out: Ids, size: int, orders: Sequence[int]
) -> dict[int, NDArray[np.float64]]:
    r"""Return the surprise in nats at every token of a text, by order.

    Interpolated, modified Kneser–Ney smoothing (Chen and Goodman 1999):

    .. math::

        p_k(w \mid h) = \frac{\max(c(hw) - D(c(hw)), 0)}{c(h)} + \gamma(h)\,
        p_{k-1}(w \mid h'), \qquad p_0 = 1 / V

    with c the counts of the training text at the highest order and, below it, how
    many tokens stand before; D from the counts of what is there once to four times;
    :math:`\gamma` what is left. A context that was not seen leaves it to the shorter
    one.

    Parameters
    ----------
    training, held_out : ndarray
        int64 tokens.
    size : int
        V.
    orders : sequence of int
        The highest orders, from 1.
    """
    training = training[-MOST:]
    tokens = np.concatenate([training, held_out])
    learned = len(training)
    codes = np.zeros(len(tokens), np.int64)  # of what stands before each token
    lower = np.full(len(held_out), 1.0 / size)
    grams, count = _longer(codes, tokens, size)
    found: dict[int, NDArray[np.float64]] = {}
    for order in range(1, max(orders) + 1):
        # Positions before ``order - 1`` have no whole context.
        known = grams[order - 1 : learned]
        contexts = codes[order - 1 : learned]
        at = grams[learned:], codes[learned:]
        counts = np.bincount(known, minlength=count).astype(float)
        if order in orders:
            mixed = _mixed(counts, known, contexts, at, lower)
            found[order] = -np.log(mixed)
        if order == max(orders):
            break
        longer_codes = np.concatenate([[0], grams[:-1]])
        longer, longer_count = _longer(longer_codes, tokens, size)
        _, first = np.unique(longer[order:learned], return_index=True)
        before = np.bincount(known[1:][first], minlength=count).astype(float)
        lower = _mixed(before, known, contexts, at, lower)
        grams, codes, count = longer, longer_codes, longer_count
    return found


def _longer(contexts: Ids, tokens: Ids, size: int) -> tuple[Ids, int]:
    """Return a number for each context with its token, and how many there are."""
    unique, number = np.unique(contexts * size + tokens, return_inverse=True)
    return number.astype(np.int64), len(unique)


def _mixed(
    counts: NDArray[np.float64],
    known: Ids,
    contexts: Ids,
    at: tuple[Ids, Ids],
    lower: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the chance of each token to be predicted: counts, and the order below.

    Parameters
    ----------
    counts : ndarray
        Of each gram by its number.
    known, contexts : ndarray
        Gram and context at each place of the training text.
    at : tuple of ndarray
        Gram and context at each place to be predicted.
    lower : ndarray
        Its chance by the order below.
    """
    grams, first = np.unique(known, return_index=True)
    above = contexts[first]
    own = counts[grams]
    width = int(max(contexts.max(), at[1].max(initial=0))) + 1

    def of_context(values: Any) -> NDArray[np.float64]:
        summed = np.bincount(above, weights=values, minlength=width)
        return np.asarray(summed, np.float64)

    discounts = _discounts(own)
    taken = discounts[np.minimum(own, 3).astype(int)]
    total = of_context(own)[at[1]]
    left = of_context(taken)[at[1]]
    whole = counts[at[0]]
    rest = np.maximum(whole - discounts[np.minimum(whole, 3).astype(int)], 0.0)
    seen = np.maximum(total, 1.0)
    return np.where(total > 0, rest / seen + left / seen * lower, lower)


def _discounts(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is taken from a count of 0, 1, 2, and 3 or more."""
    ones, twos, threes, fours = (float((counts == k).sum()) for k in (1, 2, 3, 4))
    share = ones / (ones + 2 * twos) if ones else 0.5
    found = [0.0]
    for k, (n, more) in enumerate(
        ((ones, twos), (twos, threes), (threes, fours)), start=1
    ):
        cut = k - (k + 1) * share * more / n if n else share
        found.append(min(max(cut, 0.05), k - 0.05))
    return np.array(found)
