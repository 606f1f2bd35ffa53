"""Fixed dilated convolutions, pooled over time: features that need no training."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import conv1d

from ._encoded import mask_of

TAPS = 9
"""Steps a kernel reads."""

_PATTERNS = np.array(
    [
        [2.0 if tap in high else -1.0 for tap in range(TAPS)]
        for high in itertools.combinations(range(TAPS), 3)
    ],
    np.float32,
)
# From so many training sequences the thresholds are taken.
_SAMPLE = 16
_MOST_MIXED = 9
_GOLDEN = (math.sqrt(5) + 1) / 2
_NEVER = -0.1
_MARGIN = 1e-4


class ConvolutionFeatures(nn.Module):
    r"""Responses of fixed kernels above thresholds, pooled over time.

    Each of 84 kernels has nine taps, three of them 2 and six -1, at several
    dilations :math:`d`, over channels drawn at random and summed. With the response
    :math:`z_t = \sum_j w_j x_{t + d(j - 4)}` and a threshold :math:`b`, taken from
    the responses' quantiles in the training part, the features are

    .. math::

        \frac{1}{T} \sum_t [z_t > b], \qquad
        \frac{\sum_t (z_t - b)_+}{\sum_t [z_t > b]}, \qquad
        \frac{\sum_t t [z_t > b]}{T \sum_t [z_t > b]}:

    how much of the sequence exceeds it, by how much, and where. Beyond the
    sequence's ends :math:`x` is zero.

    Parameters
    ----------
    dilations : Tensor
        int64 (D,).
    mixed : Tensor
        bool (D, 84, C): which channels a kernel reads.
    thresholds : Tensor
        float32 (D, 84, b).

    References
    ----------
    Dempster, Schmidt, Webb 2021, MiniRocket; Tan, Dempster, Bergmeir, Webb 2022,
    MultiRocket (the second and third way of pooling).
    """

    dilations: Tensor
    mixed: Tensor
    thresholds: Tensor

    def __init__(self, dilations: Tensor, mixed: Tensor, thresholds: Tensor) -> None:
        super().__init__()
        self.register_buffer("dilations", dilations)
        self.register_buffer("mixed", mixed)
        self.register_buffer("thresholds", thresholds)

    @classmethod
    def drawn(
        cls,
        sequences: Sequence[NDArray[np.float32]],
        rng: np.random.Generator,
        count: int,
        dilations: int = 8,
    ) -> ConvolutionFeatures:
        """Return the features of these training sequences.

        Parameters
        ----------
        sequences : sequence of ndarray
            (T_i, C), without missing values.
        rng : Generator
        count : int
            Thresholds over all kernels and dilations, about.
        dilations : int
            At most so many, spaced evenly in their logarithm.
        """
        channels = sequences[0].shape[1]
        spaced = dilations_for(sequences, dilations)
        each = max(1, round(count / len(_PATTERNS) / len(spaced)))
        mixed = np.stack([channel_mixes(len(_PATTERNS), channels, rng) for _ in spaced])
        rows = rng.choice(len(sequences), min(len(sequences), _SAMPLE), replace=False)
        sample = [torch.from_numpy(sequences[i].T[None].copy()) for i in rows]
        thresholds = np.zeros((len(spaced), len(_PATTERNS), each), np.float32)
        # Quantiles of low discrepancy, so that few of them cover the range.
        quantiles = (np.arange(1, thresholds.size + 1) * _GOLDEN % 1).reshape(
            thresholds.shape
        )
        for i, dilation in enumerate(spaced):
            kernels = _kernels(torch.from_numpy(mixed[i]))
            found = [responses(x, kernels, dilation)[0].numpy() for x in sample]
            for k in range(len(_PATTERNS)):
                response = found[rng.integers(len(found))][k]
                # A little above a level that many steps share, where rounding would
                # decide which of them exceed it.
                margin = _MARGIN * np.abs(response).max()
                thresholds[i, k] = np.quantile(response, quantiles[i, k]) + margin
        return cls(
            torch.tensor(spaced), torch.from_numpy(mixed), torch.from_numpy(thresholds)
        )

    @torch.no_grad()
    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return (B, 3·D·84·b).

        Parameters
        ----------
        values : Tensor
            float32 (B, T, C), zero beyond each length.
        lengths : Tensor
            int64 (B,).
        """
        steps = torch.arange(values.shape[1])
        inside = mask_of(values, lengths)[:, None].float()
        padded = bool((lengths < values.shape[1]).any())
        place = (steps / values.shape[1]).float()
        stretch = (values.shape[1] / lengths)[:, None]
        inputs = values.transpose(1, 2).contiguous()
        found = []
        for i, dilation in enumerate(self.dilations.tolist()):
            response = responses(inputs, _kernels(self.mixed[i]), dilation)
            for threshold in self.thresholds[i].T:
                excess = response - threshold[:, None]
                above = (excess > 0).float()
                if padded:
                    above *= inside
                count = above.sum(2)
                some = count.clamp(min=1)
                where = (above @ place) * stretch / some
                found += [
                    count / lengths[:, None],
                    (excess * above).sum(2) / some,
                    torch.where(count > 0, where, torch.tensor(_NEVER)),
                ]
        return torch.cat(found, 1)


def dilations_for(sequences: Sequence[NDArray[np.float32]], most: int) -> list[int]:
    """Return dilations from 1 to where a kernel spans the median sequence."""
    typical = float(np.median([len(s) for s in sequences]))
    top = max(0.0, math.log2(max(1.0, (typical - 1) / (TAPS - 1))))
    spaced = np.unique(np.floor(2 ** np.linspace(0, top, most)).astype(np.int64))
    return [int(d) for d in spaced]


def channel_mixes(
    count: int, channels: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return (count, channels): which channels each kernel reads, few more often."""
    mixes = np.zeros((count, channels), bool)
    most = math.log2(min(channels, _MOST_MIXED) + 1)
    for mix in mixes:
        size = min(channels, int(2 ** rng.uniform(0, most)))
        mix[rng.choice(channels, size, replace=False)] = True
    return mixes


def _kernels(mixed: Tensor) -> Tensor:
    """Return (84, C, 9)."""
    return mixed[:, :, None] * torch.from_numpy(_PATTERNS)[:, None]


def responses(inputs: Tensor, kernels: Tensor, dilation: int) -> Tensor:
    """Return (B, kernels, T) for inputs (B, C, T), zero beyond their ends."""
    reach = dilation * (TAPS // 2)
    return conv1d(inputs, kernels, padding=reach, dilation=dilation)
