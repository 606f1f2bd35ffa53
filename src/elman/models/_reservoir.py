"""A large recurrent network with random weights, read by its states."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from elman import layers

from ._encoded import mask_of

_RADIUS = 0.95
_DENSITY = 0.1
_GAINS = (0.1, 0.5, 1.5)
_LEAKS = (1.0, 0.5, 0.2, 0.05, 0.02)
# A gate at sigmoid(30) is one to float32's last digit.
_OPEN = 30.0


class Reservoir(nn.Module):
    r"""Random leaky units, none of them trained.

    .. math:: h_t = (1 - a) h_{t-1} + a \tanh(U x_t + W h_{t-1} + b)

    with leaks :math:`a` from 0.02 to 1, so that units remember from one step to
    about fifty, and the spectral radius of :math:`W` 0.95. It is a GRU whose gates
    are constants. The features are each unit's last state, mean, deviation and
    greatest state.

    Parameters
    ----------
    channels, units : int

    References
    ----------
    Jaeger 2001, echo state networks; Jaeger, Lukosevicius, Popovici, Siewert 2007
    (leaky units).
    """

    def __init__(self, channels: int, units: int) -> None:
        super().__init__()
        self.cell = layers.GRU(channels, units, batch_first=True)
        self.cell.requires_grad_(False)

    @classmethod
    def drawn(cls, channels: int, units: int, rng: np.random.Generator) -> Reservoir:
        """Return a reservoir with weights drawn from ``rng``."""
        reservoir = cls(channels, units)
        into = rng.normal(size=(units, channels)) * rng.choice(_GAINS, (units, 1))
        within = rng.normal(size=(units, units))
        within *= rng.random((units, units)) < _DENSITY
        radius = np.abs(np.linalg.eigvals(within)).max()
        within *= _RADIUS / max(radius, 1e-6)
        leak = rng.choice(_LEAKS, units)
        # Torch's order of gates: reset, update, new; the update gate keeps 1 - leak.
        kept = np.where(leak < 1, np.log((1 - leak + 1e-30) / leak), -_OPEN)
        bias = np.concatenate([np.full(units, _OPEN), kept, rng.normal(0, 0.3, units)])
        gates = 2 * units
        with torch.no_grad():
            for name, parameter in reservoir.cell.named_parameters():
                parameter.zero_()
                if name == "bias_ih_l0":
                    parameter.copy_(torch.from_numpy(bias))
                elif name == "weight_ih_l0":
                    parameter[gates:] = torch.from_numpy(into)
                elif name == "weight_hh_l0":
                    parameter[gates:] = torch.from_numpy(within)
        return reservoir

    @torch.no_grad()
    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return (B, 4·units).

        Parameters
        ----------
        values : Tensor
            float32 (B, T, C).
        lengths : Tensor
            int64 (B,).
        """
        states, last = self.cell(values, lengths=lengths)
        outside = ~mask_of(values, lengths).unsqueeze(-1)
        many = lengths[:, None].float()
        mean = states.sum(1) / many
        square = states.square().sum(1) / many
        deviation = (square - mean.square()).clamp(min=0).sqrt()
        greatest = states.masked_fill(outside, -2.0).amax(1)
        return torch.cat([last[0], mean, deviation, greatest], 1)
