"""The gated recurrent layer."""

from __future__ import annotations

from typing import Any, Literal

from torch import nn

from ._checks import check_no_projection
from ._twin import Twin


class GRU(Twin, nn.GRU):  # type: ignore[misc]
    """Gated recurrent layers: `torch.nn.GRU`, in both forms of the reset gate.

    ::

        r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)
        z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)
        n_t = tanh(W_in x_t + b_in + r_t ∘ (W_hn h_{t−1} + b_hn))    reset_after
        n_t = tanh(W_in x_t + b_in + W_hn (r_t ∘ h_{t−1}) + b_hn)    otherwise
        h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}

    Parameters
    ----------
    input_size, hidden_size : int
        I and H.
    num_layers : int
        Layers stacked, L.
    bias, batch_first, dropout, bidirectional, device, dtype
        As in `torch.nn.GRU`.
    reset_after : bool
        True: cuDNN's and torch's form. False: the paper's, and Keras' and ONNX'
        other form.
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

    References
    ----------
    Cho et al., "Learning phrase representations using RNN encoder–decoder",
    EMNLP 2014.

    Examples
    --------
    >>> import torch
    >>> y, h = GRU(3, 5)(torch.zeros(4, 2, 3))
    >>> y.shape, h.shape
    (torch.Size([4, 2, 5]), torch.Size([1, 2, 5]))
    """

    reset_after = True  # also of a torch.nn.GRU that became one of these

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        reset_after: bool = True,
        recurrent_dropout: float = 0.0,
        zoneout: float = 0.0,
        learn_initial_state: bool = False,
        stateful: bool | Literal["detached"] = False,
        state_batch_first: bool = False,
        proj_size: int | None = None,
    ) -> None:
        check_no_projection(proj_size)
        self.reset_after = reset_after  # read while the base is built
        super().__init__(
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
        self._extend(
            recurrent_dropout,
            zoneout,
            learn_initial_state,
            stateful,
            state_batch_first,
        )

    def extra_repr(self) -> str:
        """Return the arguments that differ from their defaults."""
        text = super().extra_repr()
        return text if self.reset_after else f"{text}, reset_after=False"

    @property
    def _cell(self) -> tuple[str, str]:
        return "gru", "reset_after" if self.reset_after else "reset_before"
