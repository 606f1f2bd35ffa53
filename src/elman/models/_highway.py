"""The forecasting network: a linear highway and a recurrent correction."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ._cells import CELLS, check_cell


class HighwayNetwork(nn.Module):
    r"""Encoder and decoder that correct a linear forecast.

    .. math::
        m &= \tfrac1C \textstyle\sum_{i=1}^{C} y_{t-i} \\
        s &= \mathrm{encoder}([y_{t-i} - m,\ x_{t-i}],\ i = C, \dots, 1) \\
        h_k &= \mathrm{decoder}([z_{t+k},\ \hat y^{lin}_k - m],\ h_{k-1}),
               \qquad h_{-1} = s \\
        \hat y_k &= \hat y^{lin}_k + V h_k + b

    :math:`V` and :math:`b` start at zero: the first forecast is the linear
    one, and training can only add to it what the validation part confirms.
    Levels enter relative to the window's mean m, so that a correction learned
    in summer still means the same in winter.

    Parameters
    ----------
    cell : str
        "rnn", "gru" or "lstm".
    encoder_size, decoder_size, targets : int
        Widths Ce, Cd and K.
    hidden_size, num_layers : int
        Of both encoder and decoder.
    dropout : float
        On the decoder's outputs, and between layers.
    """

    segment = None

    def __init__(
        self,
        cell: str,
        encoder_size: int,
        decoder_size: int,
        targets: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        shape: dict[str, Any] = {
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "dropout": dropout if num_layers > 1 else 0.0,
            "batch_first": True,
        }
        layer = CELLS[check_cell(cell)]
        self.encoder = layer(encoder_size, **shape)
        self.decoder = layer(decoder_size + targets, **shape)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden_size, targets)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, encoder: Tensor, decoder: Tensor, linear: Tensor) -> Tensor:
        """Return scaled forecasts, (B, H, K).

        Parameters
        ----------
        encoder : Tensor
            (B, C, Ce), the past; the first K columns are the targets.
        decoder : Tensor
            (B, H, Cd), what is known of the future.
        linear : Tensor
            (B, H, K), the linear forecast.
        """
        targets = linear.shape[-1]
        lags, rest = encoder[..., :targets], encoder[..., targets:]
        level = lags.mean(1, keepdim=True)
        _, state = self.encoder(torch.cat([lags - level, rest], -1))
        ahead = torch.cat([decoder, linear - level], -1)
        output, _ = self.decoder(ahead, state)
        return linear + self.head(self.dropout(output))
