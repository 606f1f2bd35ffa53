"""Tokens as vectors, and units that a window lacks."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from elman.models._dropout import Dropout as Dropout


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


class TokenDropout(nn.Module):
    """Tokens whose whole vector is left out in training, each place for itself.

    Parameters
    ----------
    share : float
        How many.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, W) with some vectors at zero, the others as they were."""
        if not self.training or not self.share:
            return x
        kept = torch.rand(x.shape[:-1], device=x.device) >= self.share
        return x * kept.unsqueeze(-1).to(x.dtype)
