"""Which steps said which label: the most probable alignment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._loss import BLANK
from ._search import log_probs


class Span(NamedTuple):
    """The steps that say one label: from ``start`` to before ``end``."""

    start: int
    end: int


def aligned(
    output: NDArray[np.floating], labels: Sequence[int]
) -> tuple[list[Span], float]:
    r"""Return the steps of each label on the most probable path that says them.

    .. math:: \arg\max_{\pi \in B^{-1}(y)} \prod_t \pi_t

    Parameters
    ----------
    output : ndarray
        (T, K): a score for each symbol at each step.
    labels : sequence of int

    Returns
    -------
    list of Span
        One a label; empty where they do not fit into the steps.
    float
        The logarithm of the path's probability, minus infinity where there is none.
    """
    scores = log_probs(output)
    # A blank before, between and after the labels: place 2 u + 1 is label u.
    places = np.full(2 * len(labels) + 1, BLANK)
    places[1::2] = labels
    # From two places before, past the blank, unless the label is the same.
    skips = np.zeros(len(places), bool)
    skips[2:] = (places[2:] != BLANK) & (places[2:] != places[:-2])
    best = np.full(len(places), -math.inf)
    best[:2] = scores[0, places[:2]]
    back = np.zeros((len(scores), len(places)), np.int64)
    for step in range(1, len(scores)):
        ways = np.full((3, len(places)), -math.inf)
        ways[0] = best
        ways[1, 1:] = best[:-1]
        ways[2, 2:] = np.where(skips[2:], best[:-2], -math.inf)
        back[step] = ways.argmax(0)
        best = ways.max(0) + scores[step, places]
    place = len(places) - 1
    if len(labels) and best[-2] > best[-1]:
        place -= 1
    total = float(best[place])
    if not math.isfinite(total):
        return [], -math.inf
    steps: list[list[int]] = [[] for _ in labels]
    for step in range(len(scores) - 1, -1, -1):
        if place % 2:
            steps[place // 2].append(step)
        place -= int(back[step, place])
    return [Span(own[-1], own[0] + 1) for own in steps], total
