"""A forecasting network on a log link: it multiplies a linear forecast, from 1 on."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

# exp of more is beyond what any correction of a forecast may be.
_MOST = 10.0


class LogLink(nn.Module):
    r"""Multiply a linear forecast of a mean that cannot be negative.

    With the correction :math:`\delta` that a network adds to a linear forecast
    :math:`\ell` in scaled units, :math:`y = m + s z`,

    .. math::
        \hat y = g(m + s \ell)\,e^{\delta}, \qquad
        g(\mu) = \begin{cases} \mu & \mu \ge f \\ f e^{\mu / f - 1} & \mu < f
        \end{cases}

    so that every forecast is positive, and the first one, without a correction, is
    the linear one but for what it had below the small floor f.

    Parameters
    ----------
    network : nn.Module
        ``network(encoder, decoder, linear)``, which returns the linear forecast and a
        correction added to it.
    targets : int
        K.

    Attributes
    ----------
    centre, spread, floor : Tensor
        (K,): m, s and f; buffers.
    """

    kind = "log link"
    centre: Tensor
    spread: Tensor
    floor: Tensor

    def __init__(self, network: nn.Module, targets: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("centre", torch.zeros(targets))
        self.register_buffer("spread", torch.ones(targets))
        self.register_buffer("floor", torch.full((targets,), 1e-3))

    def set_units(self, centre: Tensor, spread: Tensor, floor: Tensor) -> None:
        """Set m, s and f, (K,) each."""
        for buffer, value in zip(
            (self.centre, self.spread, self.floor), (centre, spread, floor), strict=True
        ):
            buffer.copy_(value)

    def config(self) -> dict[str, Any]:
        """Return kind and constructor's arguments as plain values."""
        network: Any = self.network
        return {
            "kind": self.kind,
            "network": network.config(),
            "targets": len(self.centre),
        }

    def forward(self, encoder: Tensor, decoder: Tensor, linear: Tensor) -> Tensor:
        """Return scaled forecasts, (B, H, K); see the network's own."""
        correction = self.network(encoder, decoder, linear) - linear
        mean = self.centre + self.spread * linear
        low = self.floor * torch.exp((mean / self.floor - 1).clamp(max=0.0))
        positive = torch.where(mean >= self.floor, mean, low)
        rate = positive * torch.exp(correction.clamp(max=_MOST))
        return (rate - self.centre) / self.spread

    def __getattr__(self, name: str) -> Any:
        """Return what the network has: its encoder, its head."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name == "network":
                raise
            return getattr(self.network, name)
