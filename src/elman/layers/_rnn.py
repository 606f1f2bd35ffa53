"""The simple recurrent layer."""

from __future__ import annotations

from typing import Any, Literal

from torch import nn

from elman.ops import STOCK, check_nonlinearity

from ._checks import check_no_projection
from ._twin import Twin


class RNN(Twin, nn.RNN):  # type: ignore[misc]
    """Simple recurrent layers: `torch.nn.RNN`, with more nonlinearities.

    ``h_t = φ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)``

    Parameters
    ----------
    input_size, hidden_size : int
        I and H.
    num_layers : int
        Layers stacked, L.
    nonlinearity : str
        φ: "tanh", "relu", "sigmoid", "identity" or "softplus".
    bias, batch_first, dropout, bidirectional, device, dtype
        As in `torch.nn.RNN`.
    recurrent_dropout : float
        Share of h left out where it meets the recurrent weights: in training one
        mask a sequence, layer and direction, the same at every step, scaled by
        1 / (1 − share). Gal and Ghahramani 2016.
    zoneout : float
        Share of the units that keep their old state, drawn at every step in
        training; in evaluation the mean, share · old + (1 − share) · new.
        Krueger et al. 2017.
    learn_initial_state : bool
        Start from parameters, one row a layer and direction, zero at first,
        where no state is given: ``h_0``.
    stateful : bool or "detached"
        Start where the last call ended, unless a state is given; "detached": and
        outside its graph. See `reset_state` and `detach_state`.
    state_batch_first : bool
        States are (B, L·D, ·), in and out.
    proj_size
        Refused, as by torch: only an LSTM projects.

    Raises
    ------
    InputError
        If the nonlinearity is unknown.

    References
    ----------
    Elman, "Finding structure in time", Cognitive Science 14, 1990.

    Examples
    --------
    >>> import torch
    >>> layer = RNN(3, 5, batch_first=True)
    >>> y, h = layer(torch.zeros(2, 4, 3), lengths=[4, 1])
    >>> y.shape, h.shape
    (torch.Size([2, 4, 5]), torch.Size([1, 2, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        recurrent_dropout: float = 0.0,
        zoneout: float = 0.0,
        learn_initial_state: bool = False,
        stateful: bool | Literal["detached"] = False,
        state_batch_first: bool = False,
        proj_size: int | None = None,
    ) -> None:
        check_no_projection(proj_size)
        check_nonlinearity(nonlinearity)
        stock = ("rnn", nonlinearity) in STOCK
        super().__init__(
            input_size,
            hidden_size,
            num_layers=num_layers,
            nonlinearity=nonlinearity if stock else "tanh",
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
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
        self.nonlinearity = nonlinearity
        self.mode = f"RNN_{nonlinearity.upper()}"

    def extra_repr(self) -> str:
        """Return torch's text, and a nonlinearity that torch does not have."""
        text = super().extra_repr()
        if ("rnn", self.nonlinearity) not in STOCK:
            text += f", nonlinearity={self.nonlinearity}"
        return text

    @property
    def _cell(self) -> tuple[str, str]:
        return "rnn", self.nonlinearity
