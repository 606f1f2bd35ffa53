"""The network of long horizons: segments of the past in, segments of the future out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from elman.cells import Cell

from ._correcting import CorrectingNetwork

_MOST_ROWS = 1 << 14


class SegmentNetwork(CorrectingNetwork):
    r"""A recurrent layer over segments that corrects a linear forecast.

    With segments of S steps, for each target by itself, all with the same weights,

    .. math::
        e_i &= \mathrm{relu}(A\,[y_{iS}, \dots, y_{iS+S-1}] - A\,y_{t-1}
               + B\,x_i + c), \qquad i = 1, \dots, \lceil C/S \rceil \\
        s &= \mathrm{encoder}(e_1, e_2, \dots) \\
        q_m &= p_m + u + D\,z_m + E\,[\hat y^{lin}_m - y_{t-1}] \\
        \hat y_m &= \hat y^{lin}_m + V\,\mathrm{decoder}(q_m, s) + b

    where x and z are the other inputs of a segment behind and ahead, p an embedding
    of the segment's place and u one of the target. Every segment ahead is one step
    of the decoder from the same state, so that errors do not add up along the
    horizon, and gradients pass C/S steps in place of C. :math:`V` and :math:`b`
    start at zero, as in `HighwayNetwork`.

    Source: Lin et al. 2023, SegRNN, arXiv:2308.11200. There, encoder and decoder
    are one layer, and nothing but the last value stands in for the linear forecast.

    Parameters
    ----------
    cell : str or Cell
        A name that `elman.cells` knows, such as "gru" or "janet".
    encoder_size, decoder_size, targets : int
        Widths Ce, Cd and K.
    horizon, segment : int
        Steps ahead, and those of a segment. A context that is no multiple of a
        segment is continued backwards by its first step.
    hidden_size, num_layers : int
        Of both encoder and decoder.
    dropout : float
        On the decoder's outputs, and between layers.
    """

    kind = "segments"
    segment: int

    def __init__(
        self,
        cell: str | Cell,
        encoder_size: int,
        decoder_size: int,
        targets: int,
        horizon: int,
        segment: int,
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
                "horizon": horizon,
                "segment": segment,
                "hidden_size": hidden_size,
                "num_layers": num_layers,
                "dropout": dropout,
            }
        )
        self.segment = segment
        count = -(-horizon // segment)
        others = encoder_size - targets
        self.values = nn.Linear(segment, hidden_size)
        self.others = _without_bias(segment * others, hidden_size)
        self.encoder = self._layer(hidden_size)
        self.place = nn.Parameter(torch.randn(count, hidden_size) / 2)
        self.target = nn.Parameter(torch.randn(targets, hidden_size) / 2)
        self.ahead = _without_bias(segment * decoder_size, hidden_size)
        self.linear = nn.Linear(segment, hidden_size, bias=False)
        self.decoder = self._layer(hidden_size)
        self.dropout, self.head = self._end(segment)

    def forward(self, encoder: Tensor, decoder: Tensor, linear: Tensor) -> Tensor:
        """Return scaled forecasts, (B, H, K).

        Without gradients the windows go through in parts, so that many targets
        and long horizons need no more memory than few.

        Parameters
        ----------
        encoder : Tensor
            (B, C, Ce), the past; the first K columns are the targets.
        decoder : Tensor
            (B, H, Cd), what is known of the future.
        linear : Tensor
            (B, H, K), the linear forecast.
        """
        rows = linear.shape[-1] * len(self.place)
        size = max(1, _MOST_ROWS // rows)
        if torch.is_grad_enabled() or len(linear) <= size:
            return self._corrected(encoder, decoder, linear)
        parts = zip(
            encoder.split(size), decoder.split(size), linear.split(size), strict=True
        )
        return torch.cat([self._corrected(*part) for part in parts])

    def _corrected(self, encoder: Tensor, decoder: Tensor, linear: Tensor) -> Tensor:
        batch, horizon, targets = linear.shape
        level = encoder[:, -1:, :targets]
        lags = self._cut(encoder[..., :targets] - level, behind=True)
        rest = self._cut(encoder[..., targets:], behind=True)
        # (B, K, n, S) for what each target has, (B, 1, n, S * columns) for the rest.
        embedded = self.values(lags.permute(0, 3, 1, 2))
        if self.others is not None:
            embedded = embedded + self.others(rest.flatten(2))[:, None]
        rows = torch.relu(embedded).flatten(0, 1)
        _, state = self.encoder(rows)

        count = len(self.place)
        base = self._cut(linear - level, behind=False).permute(0, 3, 1, 2)
        known = self._cut(decoder, behind=False).flatten(2)
        query = self.place + self.target[:, None] + self.linear(base)
        if self.ahead is not None:
            query = query + self.ahead(known)[:, None]
        output, _ = self.decoder(
            query.reshape(-1, 1, query.shape[-1]), _each(state, count)
        )
        steps = self.head(self.dropout(output[:, 0]))
        steps = steps.reshape(batch, targets, -1)[..., :horizon]
        return linear + steps.transpose(1, 2)

    def _cut(self, values: Tensor, *, behind: bool) -> Tensor:
        """Return (B, T, c) as segments, (B, n, S, c), filled up by the edge's step."""
        short = -values.shape[1] % self.segment
        if short:
            edge = values[:, :1] if behind else values[:, -1:]
            filling = edge.expand(-1, short, -1)
            parts = [filling, values] if behind else [values, filling]
            values = torch.cat(parts, 1)
        return values.unflatten(1, (-1, self.segment))


def _without_bias(inputs: int, outputs: int) -> nn.Linear | None:
    return nn.Linear(inputs, outputs, bias=False) if inputs else None


def _each(state: Any, count: int) -> Any:
    """Return a layer's final state once for every segment ahead."""
    if isinstance(state, tuple):
        return tuple(_each(part, count) for part in state)
    return state.repeat_interleave(count, 1)
