"""A decoder whose attention needs no loop over the steps of training."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from elman.cells import Cell
from elman.models._cells import CELLS

from ._attention import Attention
from ._bridge import Bridge
from ._memory import Memory, State


class Decoder(nn.Module):
    r"""Two recurrent parts with the attention between them.

    .. math::

        q_u &= \mathrm{cell}_1(e_u,\ q_{u-1}) \\
        c_u &= \mathrm{attention}(q_u) \\
        h_u &= \mathrm{cell}_2([q_u;\ c_u],\ h_{u-1}) \\
        o_u &= \tanh(W [h_u;\ c_u;\ e_u] + b)

    What was attended to reaches later steps through h alone, so each part runs over
    all steps of a known target at once. With ``input_feeding``, cell 1 reads
    :math:`[e_u;\ o_{u-1}]` (Luong et al. 2015), and every step waits for the one
    before.

    Parameters
    ----------
    cell : str or Cell
    embedding_size, hidden_size : int
        E, of e and o, and H.
    width : int
        W, of the encoder's steps.
    num_layers : int
        L, of the second part.
    dropout : float
        Between those.
    heads : int
        Of the attention.
    input_feeding : bool
    """

    def __init__(
        self,
        cell: str | Cell,
        embedding_size: int,
        hidden_size: int,
        width: int,
        *,
        num_layers: int = 1,
        dropout: float = 0.0,
        heads: int = 1,
        input_feeding: bool = False,
    ) -> None:
        super().__init__()
        self.input_feeding = input_feeding
        fed = embedding_size if input_feeding else 0
        self.first = CELLS[cell](embedding_size + fed, hidden_size, batch_first=True)
        self.attention = Attention(width, hidden_size, heads)
        self.second = CELLS[cell](
            hidden_size + width,
            hidden_size,
            num_layers=num_layers,
            batch_first=True,
            dropout=dropout if num_layers > 1 else 0.0,
        )
        self.readout = nn.Linear(hidden_size + width + embedding_size, embedding_size)
        self.start_first = Bridge(width, self.first)
        self.start_second = Bridge(width, self.second)

    def remember(self, steps: Tensor, mask: Tensor, summary: Tensor) -> Memory:
        """Return what is needed of B sources.

        Parameters
        ----------
        steps : Tensor
            (B, S, W), zero on padding.
        mask : Tensor
            Bool (B, S).
        summary : Tensor
            (B, W).
        """
        fed = self.readout.out_features if self.input_feeding else 0
        feed = summary.new_zeros(len(summary), fed)
        state = State(self.start_first(summary), self.start_second(summary), feed)
        return Memory(self.attention.key(steps), steps, mask, state)

    def forward(
        self, x: Tensor, state: State, memory: Memory
    ) -> tuple[Tensor, Tensor, State]:
        """Return o (R, U, E), the attention (R, U, S) and the state after it.

        Parameters
        ----------
        x : Tensor
            (R, U, E): embedded tokens; R a multiple of B.
        state : State
            R rows.
        memory : Memory
            Of B sentences.
        """
        if not self.input_feeding:
            return self._run(x, x, state, memory)
        read, seen = [], []
        for step in x.split(1, 1):
            fed = torch.cat([step, state.feed[:, None]], -1)
            o, weights, state = self._run(step, fed, state, memory)
            state = state._replace(feed=o[:, 0])
            read.append(o)
            seen.append(weights)
        return torch.cat(read, 1), torch.cat(seen, 1), state

    def _run(
        self, x: Tensor, fed: Tensor, state: State, memory: Memory
    ) -> tuple[Tensor, Tensor, State]:
        queries, first = self.first(fed, _given(state.first))
        context, weights = self.attention(queries, memory)
        steps, second = self.second(
            torch.cat([queries, context], -1), _given(state.second)
        )
        o = torch.tanh(self.readout(torch.cat([steps, context, x], -1)))
        return o, weights, State(_as_tuple(first), _as_tuple(second), state.feed)


def _given(states: tuple[Tensor, ...]) -> Any:
    """Return states in the form that layers take."""
    return states if len(states) > 1 else states[0]


def _as_tuple(states: Any) -> tuple[Tensor, ...]:
    return states if isinstance(states, tuple) else (states,)
