"""The long short-term memory layer."""

from __future__ import annotations

from typing import Any, Literal

from torch import nn

from ._twin import Twin


class LSTM(Twin, nn.LSTM):  # type: ignore[misc]
    """Long short-term memory layers: `torch.nn.LSTM`.

    ::

        i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)
        f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)
        g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)
        o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)
        c_t = f_t ∘ c_{t−1} + i_t ∘ g_t
        h_t = o_t ∘ tanh(c_t), or W_hr (o_t ∘ tanh(c_t)) with proj_size

    Parameters
    ----------
    input_size, hidden_size : int
        I and H.
    num_layers : int
        Layers stacked, L.
    bias, batch_first, dropout, bidirectional, proj_size, device, dtype
        As in `torch.nn.LSTM`. The state is the pair (h, c).
    recurrent_dropout : float
        Share of h left out where it meets the recurrent weights: in training one
        mask a sequence, layer and direction, the same at every step, scaled by
        1 / (1 − share). Gal and Ghahramani 2016.
    zoneout : float or (float, float)
        Share of the units that keep their old state, of h and of c, or one for
        both, drawn at every step in training; in evaluation the mean,
        share · old + (1 − share) · new. Krueger et al. 2017.
    learn_initial_state : bool
        Start from parameters, one row a layer and direction, zero at first,
        where no state is given: ``h_0`` and ``c_0``.
    stateful : bool or "detached"
        Start where the last call ended, unless a state is given; "detached": and
        outside its graph. See `reset_state` and `detach_state`.
    state_batch_first : bool
        States are (B, L·D, ·), in and out.

    References
    ----------
    Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9,
    1997; Gers, Schmidhuber and Cummins, "Learning to forget", 2000 (forget gate);
    Sak, Senior and Beaufays, 2014 (projection).

    Examples
    --------
    >>> import torch
    >>> y, (h, c) = LSTM(3, 5)(torch.zeros(4, 2, 3))
    >>> y.shape, c.shape
    (torch.Size([4, 2, 5]), torch.Size([1, 2, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        recurrent_dropout: float = 0.0,
        zoneout: float | tuple[float, float] = 0.0,
        learn_initial_state: bool = False,
        stateful: bool | Literal["detached"] = False,
        state_batch_first: bool = False,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers=num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
            proj_size=proj_size,
            device=device,
            dtype=dtype,
        )
        self._extend(
            recurrent_dropout,
            zoneout,
            learn_initial_state,
            stateful,
            state_batch_first,
        )

    @property
    def _cell(self) -> tuple[str, str]:
        return "lstm", "projected" if self.proj_size else "plain"

    def _state_widths(self) -> tuple[tuple[str, int], ...]:
        return ("h_0", self.proj_size or self.hidden_size), ("c_0", self.hidden_size)
