"""The loss of label sequences, summed over all the ways in which they can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

BLANK = 0
"""The number that stands for no label."""


def ctc_targets(labels: Sequence[Sequence[int]], steps: Sequence[int]) -> Tensor:
    """Return the targets of a batch in the form that `ctc_loss` takes.

    Parameters
    ----------
    labels : sequence of sequences of int
        Numbers from 1 on; 0 is the blank.
    steps : sequence of int
        T_i of each sequence: what lies beyond is padding and has no part in the loss.

    Returns
    -------
    Tensor
        int64 (n, 1 + L): each row the steps, then the labels, then blanks.
    """
    target = torch.zeros(len(labels), 1 + max(map(len, labels), default=0)).long()
    for row, (own, count) in enumerate(zip(labels, steps, strict=True)):
        target[row, 0] = count
        target[row, 1 : 1 + len(own)] = torch.tensor(own, dtype=torch.int64)
    return target


def steps_needed(labels: NDArray[np.int64]) -> int:
    """Return the fewest steps that can say some labels.

    One for each, and one of blank between two that are the same.
    """
    return len(labels) + int((labels[1:] == labels[:-1]).sum())


def ctc_loss(output: Tensor, target: Tensor) -> Tensor:
    r"""Return the negative logarithm of the labels' probability, a label's share.

    .. math::

        -\frac{1}{\sum_i L_i} \sum_i \ln \sum_{\pi \in B^{-1}(y_i)}
            \prod_{t=1}^{T_i} \mathrm{softmax}(o_{i,t})_{\pi_t}

    B takes what a path :math:`\pi` says, one symbol a step, with repeats made one and
    then without the blanks (Graves et al. 2006).

    Parameters
    ----------
    output : Tensor
        (B, T, K), not normalised; column 0 is the blank's.
    target : Tensor
        As `ctc_targets` returns it. Labels that do not fit into their steps have an
        infinite loss.
    """
    labels = target[:, 1:]
    lengths = (labels != BLANK).sum(1)
    # Padded steps may hold anything, NaN included: their gradient is to be zero.
    beyond = torch.arange(output.shape[1], device=output.device) >= target[:, :1]
    output = output.masked_fill(beyond.unsqueeze(-1), 0.0)
    total = functional.ctc_loss(
        output.log_softmax(-1).transpose(0, 1),
        labels,
        target[:, 0],
        lengths,
        blank=BLANK,
        reduction="sum",
    )
    return total / lengths.sum().clamp(min=1)
