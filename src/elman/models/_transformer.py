"""A small Transformer over the steps of a sequence."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from elman._arguments import whole_number
from elman._errors import InputError

from ._dropout import Dropout
from ._encoded import Encoded, last_of, mask_of, refuse_state, without_padding

_LEAST_WIDTH = 8
_MOST_HEADS = 8


def heads_for(hidden_size: int) -> int:
    """Return the most heads, up to 8, of equal width and at least 8 units each."""
    fitting = [
        heads
        for heads in range(1, _MOST_HEADS + 1)
        if hidden_size % heads == 0 and hidden_size // heads >= _LEAST_WIDTH
    ]
    return max(fitting, default=1)


class TransformerEncoder(nn.Module):
    r"""Attention over all steps, normalised before each part (Xiong et al. 2020).

    .. math::

        x^0_t &= W x_t + b + \alpha\, p_t \\
        y &= x^l + \mathrm{attention}(\mathrm{norm}(x^l)) \\
        x^{l+1} &= y + W_2\,\mathrm{gelu}(W_1\,\mathrm{norm}(y))

    The positions p are sines and cosines (Vaswani et al. 2017), so that longer
    sequences than those of training have theirs, and their scale is learned. No
    step attends to padding.

    Parameters
    ----------
    channels, hidden_size : int
        C and W.
    num_layers : int
        Blocks.
    bidirectional : bool
        False: a step attends to itself and earlier ones only.
    dropout : float
        On each part's result, in training; not on the weights of the attention.
    heads : int, optional
        Attention heads, a divisor of W; see `heads_for`.
    """

    def __init__(
        self,
        channels: int,
        hidden_size: int,
        *,
        num_layers: int = 2,
        bidirectional: bool = True,
        dropout: float = 0.0,
        heads: int | None = None,
    ) -> None:
        super().__init__()
        heads = heads_for(hidden_size) if heads is None else heads
        whole_number("heads", heads)
        if hidden_size % heads:
            raise InputError(
                f"heads: {heads} do not divide hidden_size, {hidden_size}; give one of "
                f"{', '.join(str(h) for h in range(1, 17) if hidden_size % h == 0)}"
            )
        self._config = {
            "channels": channels,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "bidirectional": bidirectional,
            "dropout": dropout,
            "heads": heads,
        }
        self.width = hidden_size
        self.causal = not bidirectional
        self.enter = nn.Linear(channels, hidden_size)
        self.place = nn.Parameter(torch.ones(()))
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(
            _block(hidden_size, heads, dropout) for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(hidden_size)

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
        refuse_state(state, "transformer")
        mask = mask_of(values, lengths)
        x = self.enter(without_padding(values, mask))
        x = self.dropout(x + self.place * positions(x))
        steps = x.shape[1]
        later = None
        if self.causal:
            later = torch.ones(steps, steps, dtype=torch.bool, device=x.device).triu(1)
        beyond = None if lengths is None else ~mask
        for block in self.blocks:
            x = block(
                x,
                src_mask=later,
                src_key_padding_mask=beyond,
                is_causal=self.causal and beyond is None,
            )
        found = without_padding(self.norm(x), mask)
        return Encoded(found, last_of(found, lengths), mask)


def _block(width: int, heads: int, dropout: float) -> nn.TransformerEncoderLayer:
    """Return attention and what follows it, dropout on the result of each."""
    block = nn.TransformerEncoderLayer(
        width, heads, 4 * width, dropout, "gelu", batch_first=True, norm_first=True
    )
    # To draw a mask for every pair of steps, and one four times as wide as the result,
    # would take longer than the products.
    block.self_attn.dropout = 0.0
    block.dropout = nn.Identity()  # type: ignore[assignment]
    block.dropout1 = Dropout(dropout)  # type: ignore[assignment]
    block.dropout2 = Dropout(dropout)  # type: ignore[assignment]
    return block


def positions(x: Tensor) -> Tensor:
    """Return the sines and cosines of each step's place, (T, W), for x (B, T, W)."""
    steps, width = x.shape[1:]
    time = torch.arange(steps, dtype=x.dtype, device=x.device)[:, None]
    half = torch.arange((width + 1) // 2, dtype=x.dtype, device=x.device)
    angle = time * torch.exp(-math.log(10_000.0) * 2 * half / width)
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :width]
