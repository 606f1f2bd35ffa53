"""Where to look: attention of queries to the steps of a source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from elman._arguments import whole_number
from elman._errors import InputError

from ._memory import Memory


class Attention(nn.Module):
    r"""Scores by a dot product of learned maps (Vaswani et al. 2017).

    .. math::

        a_{us} = \mathrm{softmax}_s
            \frac{(Q q_u)^\top K h_s}{\sqrt{H}}, \qquad
        c_u = \sum_s a_{us}\, h_s

    over the steps that belong to the source. With several heads, all vectors are cut
    into as many parts, each with its own a.

    Parameters
    ----------
    width, query_size : int
        W of the encoder's steps, and H.
    heads : int
        They divide both.
    """

    def __init__(self, width: int, query_size: int, heads: int = 1) -> None:
        super().__init__()
        self.heads = whole_number("heads", heads)
        if width % heads or query_size % heads:
            both = [
                str(n)
                for n in range(1, min(width, query_size) + 1)
                if not (width % n or query_size % n)
            ]
            raise InputError(
                f"heads: {heads} do not divide both hidden_size, {query_size}, and the"
                f" encoder's width, {width}; give one of {', '.join(both[:8])}"
            )
        self.query = nn.Linear(query_size, query_size, bias=False)
        self.key = nn.Linear(width, query_size, bias=False)
        self.scale = (query_size // heads) ** -0.5

    def forward(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Return what was found (R, U, W), and where (R, U, S), the mean over heads.

        Parameters
        ----------
        queries : Tensor
            (R, U, H), with R a multiple of B: so many rows to each sentence, those of
            a sentence side by side.
        memory : Memory
            Of B sentences.
        """
        rows, steps, size = queries.shape
        queries = self.query(queries).reshape(len(memory.mask), -1, size)
        found, weights = self._many(queries, memory)
        return (
            found.reshape(rows, steps, found.shape[-1]),
            weights.reshape(rows, steps, weights.shape[-1]),
        )

    def _many(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        beyond = ~memory.mask[:, None]
        if self.heads == 1:
            scores = queries @ memory.keys.transpose(1, 2) * self.scale
            weights = scores.masked_fill(beyond, -torch.inf).softmax(-1)
            return weights @ memory.values, weights
        q, k, v = (self._parted(x) for x in (queries, memory.keys, memory.values))
        scores = q @ k.transpose(2, 3) * self.scale
        weights = scores.masked_fill(beyond[:, None], -torch.inf).softmax(-1)
        return (weights @ v).transpose(1, 2).flatten(2), weights.mean(1)

    def _parted(self, x: Tensor) -> Tensor:
        """Return (B, heads, S, D) of (B, S, heads · D)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
