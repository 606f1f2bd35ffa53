"""Groups of random kernels that compete at every step; counts of who won."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ._convolution_features import TAPS, channel_mixes, dilations_for, responses
from ._encoded import mask_of

_GROUP = 8


class CompetingKernels(nn.Module):
    r"""Histograms of which kernel of a group answers most, and which least.

    A group holds eight kernels of nine normal taps with mean zero, at several
    dilations. At each step the kernel with the greatest response gets that
    response, the one with the least gets 1; both are summed over the sequence,
    divided by its length, and their square roots are the features.

    Parameters
    ----------
    dilations : Tensor
        int64 (D,).
    kernels : Tensor
        float32 (D, 8·G, 9).
    mixed : Tensor
        bool (D, G, C): which channels a group reads.

    References
    ----------
    Dempster, Schmidt, Webb 2023, Hydra.
    """

    dilations: Tensor
    kernels: Tensor
    mixed: Tensor

    def __init__(self, dilations: Tensor, kernels: Tensor, mixed: Tensor) -> None:
        super().__init__()
        self.register_buffer("dilations", dilations)
        self.register_buffer("kernels", kernels)
        self.register_buffer("mixed", mixed)

    @classmethod
    def drawn(
        cls,
        sequences: Sequence[NDArray[np.float32]],
        rng: np.random.Generator,
        groups: int,
        dilations: int = 6,
    ) -> CompetingKernels:
        """Return the features of these training sequences.

        Parameters
        ----------
        sequences : sequence of ndarray
            (T_i, C).
        rng : Generator
        groups, dilations : int
            The second is the most.
        """
        spaced = dilations_for(sequences, dilations)
        kernels = rng.normal(size=(len(spaced), groups * _GROUP, TAPS))
        kernels -= kernels.mean(2, keepdims=True)
        kernels /= np.abs(kernels).sum(2, keepdims=True)
        channels = sequences[0].shape[1]
        mixed = np.stack([channel_mixes(groups, channels, rng) for _ in spaced])
        return cls(
            torch.tensor(spaced),
            torch.from_numpy(kernels.astype(np.float32)),
            torch.from_numpy(mixed),
        )

    @torch.no_grad()
    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return (B, 2·D·8·G).

        Parameters
        ----------
        values : Tensor
            float32 (B, T, C), zero beyond each length.
        lengths : Tensor
            int64 (B,).
        """
        batch, steps, _ = values.shape
        inside = mask_of(values, lengths)[:, None].float()
        inputs = values.transpose(1, 2).contiguous()
        groups = self.mixed.shape[1]
        each = inside.expand(-1, groups, -1).contiguous()
        found = []
        for i, dilation in enumerate(self.dilations.tolist()):
            mixed = self.mixed[i].repeat_interleave(_GROUP, 0)[:, :, None]
            kernels = self.kernels[i][:, None] * mixed
            response = responses(inputs, kernels, dilation)
            response = response.view(batch, groups, _GROUP, steps)
            greatest, winner = response.max(2)
            most = torch.zeros(batch, groups, _GROUP)
            most.scatter_add_(2, winner, greatest * inside)
            least = torch.zeros(batch, groups, _GROUP)
            least.scatter_add_(2, response.argmin(2), each)
            found += [most.flatten(1), least.flatten(1)]
        sums = torch.cat(found, 1) / lengths[:, None]
        return sums.clamp(min=0).sqrt()
