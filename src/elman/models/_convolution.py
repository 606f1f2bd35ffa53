"""A temporal convolution: dilated residual blocks."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, relu
from torch.nn.utils.parametrizations import weight_norm

from elman._arguments import whole_number

from ._dropout import Dropout
from ._encoded import Encoded, last_of, mask_of, refuse_state, without_padding

KERNEL_SIZE = 3
"""Steps that a filter covers, if nothing else is asked for."""


def levels_for(steps: int, kernel_size: int = KERNEL_SIZE) -> int:
    """Return how many blocks it takes to see so many steps at once.

    Block l sees 2 (k - 1) 2^l steps more than the one before.

    Parameters
    ----------
    steps, kernel_size : int
    """
    blocks = (max(steps, 1) - 1) / (2 * (kernel_size - 1)) + 1
    return max(1, math.ceil(math.log2(blocks)))


class ConvolutionEncoder(nn.Module):
    r"""Temporal convolutional network: Bai, Kolter and Koltun 2018.

    Block l filters twice with dilation :math:`2^l` and adds its input:

    .. math::

        u^{l}_t &= \mathrm{dropout}\,\max\Bigl(0,
            b + \sum_{i=0}^{k-1} W_i\, x^{l}_{t - 2^l i}\Bigr) \\
        x^{l+1}_t &= \max\bigl(0,\ v^{l}_t + R\,x^{l}_t\bigr)

    with v made of u as u of x, and R the identity where the widths agree. The
    filters' weights are normalised (Salimans and Kingma 2016). Reading both
    ways, the k steps lie around t instead of before it.

    Parameters
    ----------
    channels, hidden_size : int
        C, and the width W of every block.
    num_layers : int
        Blocks; together they see :math:`1 + 2 (k-1) (2^L - 1)` steps.
    bidirectional : bool
        False: a step's vector depends on no later step.
    dropout : float
        After each filter, in training.
    kernel_size : int
        k, odd where it reads both ways.
    """

    def __init__(
        self,
        channels: int,
        hidden_size: int,
        *,
        num_layers: int = 4,
        bidirectional: bool = True,
        dropout: float = 0.0,
        kernel_size: int = KERNEL_SIZE,
    ) -> None:
        super().__init__()
        whole_number("kernel_size", kernel_size, 2)
        self._config = {
            "channels": channels,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "bidirectional": bidirectional,
            "dropout": dropout,
            "kernel_size": kernel_size,
        }
        self.width = hidden_size
        self.blocks = nn.ModuleList(
            _Block(
                channels if level == 0 else hidden_size,
                hidden_size,
                kernel_size,
                2**level,
                dropout,
                causal=not bidirectional,
                gain=num_layers**-0.5,
            )
            for level in range(num_layers)
        )

    @property
    def sees(self) -> int:
        """How many steps decide on one vector."""
        kernel, levels = self._config["kernel_size"], self._config["num_layers"]
        return 1 + 2 * (int(kernel) - 1) * (2 ** int(levels) - 1)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return dict(self._config)

    def forward(
        self, values: Tensor, lengths: Tensor | None = None, state: Any = None
    ) -> Encoded:
        """Return steps, the last of each row, and the mask.

        Parameters
        ----------
        values : Tensor
            (B, T, C).
        lengths : Tensor, optional
            int64 (B,), each 1 to T.
        state : None
            Refused: there is none.
        """
        refuse_state(state, "tcn")
        mask = mask_of(values, lengths)
        x = without_padding(values, mask).transpose(1, 2)
        on = mask.unsqueeze(1)
        for block in self.blocks:
            x = block(x, on)
        steps = x.transpose(1, 2)
        return Encoded(steps, last_of(steps, lengths), mask)


class _Block(nn.Module):
    """Two filters and a way past them."""

    def __init__(
        self,
        channels: int,
        width: int,
        kernel_size: int,
        dilation: int,
        dropout: float,
        *,
        causal: bool,
        gain: float,
    ) -> None:
        super().__init__()
        reach = (kernel_size - 1) * dilation
        self.around = (reach, 0) if causal else (reach - reach // 2, reach // 2)
        self.first = _filter(channels, width, kernel_size, dilation)
        self.second = _filter(width, width, kernel_size, dilation, gain)
        self.past = nn.Conv1d(channels, width, 1) if channels != width else None
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, on: Tensor) -> Tensor:
        """Return (B, W, T), zero where ``on`` is false."""
        inner = self.dropout(relu(self.first(pad(x, self.around))))
        # A bias is not zero on padding, and a filter that looks ahead would see it.
        inner = inner.masked_fill(~on, 0.0)
        inner = self.dropout(relu(self.second(pad(inner, self.around))))
        past = x if self.past is None else self.past(x)
        return relu(inner + past).masked_fill(~on, 0.0)


def _filter(
    channels: int, width: int, kernel_size: int, dilation: int, gain: float = 1.0
) -> nn.Module:
    layer = nn.Conv1d(channels, width, kernel_size, dilation=dilation)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    with torch.no_grad():
        # What the blocks add to their inputs is as large for many as for one.
        layer.weight.mul_(gain)
    return weight_norm(layer)
