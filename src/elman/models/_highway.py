"""The network of a forecaster: a linear forecast, corrected step by step."""

from __future__ import annotations

import torch
from torch import Tensor

from elman.cells import Cell

from ._correcting import CorrectingNetwork


class HighwayNetwork(CorrectingNetwork):
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
    cell : str or Cell
        A name that `elman.cells` knows, such as "gru" or "janet".
    encoder_size, decoder_size, targets : int
        Widths Ce, Cd and K.
    hidden_size, num_layers : int
        Of both encoder and decoder.
    dropout : float
        On the decoder's outputs, and between layers.
    """

    kind = "steps"

    def __init__(
        self,
        cell: str | Cell,
        encoder_size: int,
        decoder_size: int,
        targets: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            {
                "cell": cell,
                "encoder_size": encoder_size,
                "decoder_size": decoder_size,
                "targets": targets,
                "hidden_size": hidden_size,
                "num_layers": num_layers,
                "dropout": dropout,
            }
        )
        self.encoder = self._layer(encoder_size)
        self.decoder = self._layer(decoder_size + targets)
        self.dropout, self.head = self._end(targets)

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
