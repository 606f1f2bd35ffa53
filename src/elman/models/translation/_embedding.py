"""Tokens as vectors, and units that a window lacks."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout


class Embedding(nn.Embedding):
    r"""A vector for each token, :math:`\sqrt{E}` times as large as it is kept.

    Kept, it has the scale of the rows of a head, so that it can be one as well.

    Parameters
    ----------
    vocabulary, embedding_size : int
        V and E.
    """

    def __init__(self, vocabulary: int, embedding_size: int) -> None:
        super().__init__(vocabulary, embedding_size)
        self.scale = math.sqrt(embedding_size)
        with torch.no_grad():
            self.weight.div_(self.scale)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (..., E) for int64 (...)."""
        return super().forward(tokens) * self.scale


def for_a_window(x: Tensor, share: float, training: bool) -> Tensor:
    """Return (B, T, W) with some units of each row at zero in all steps.

    Parameters
    ----------
    x : Tensor
        (B, T, W).
    share : float
        How many; the others grow, so that the mean stays.
    training : bool
        Else nothing is left out.
    """
    if not training or not share:
        return x
    return x * dropout(x.new_ones(len(x), 1, x.shape[-1]), share)
