"""The simple recurrent layer."""

from __future__ import annotations

from typing import Any

from elman.ops import STOCK, check_nonlinearity

from ._base import Recurrent


class RNN(Recurrent):
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

    nonlinearity: str

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
    ) -> None:
        check_nonlinearity(nonlinearity)
        stock = ("rnn", nonlinearity) in STOCK
        self.nonlinearity = nonlinearity  # read while the base is built
        super().__init__(
            f"RNN_{nonlinearity.upper()}" if stock else "RNN_TANH",
            input_size,
            hidden_size,
            num_layers=num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
            device=device,
            dtype=dtype,
        )
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
