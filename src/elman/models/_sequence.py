"""The network of a sequence estimator: encoder, pooling, linear head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from elman.cells import Cell
from elman.layers import CellLayer

from ._convolution import ConvolutionEncoder
from ._encoders import ENCODERS, check_encoder
from ._pooling import check_pooling, pooling_of
from ._recurrent import RecurrentEncoder
from .inputs._step_inputs import StepInputs
from .inputs._timed import takes_time, with_time


class SequenceNetwork(nn.Module):
    r"""An encoder, then one output a sequence or one a step.

    .. math::

        h_{1..T} = \mathrm{encoder}(x_{1..T}), \qquad
        \hat y = W\,\mathrm{dropout}(\mathrm{pool}(h_{1..T})) + b

    Parameters
    ----------
    cell : str or Cell
        A name of `elman.cells`, such as "gru" or "janet", or "tcn" or "transformer".
        The encoder: a recurrent layer, a temporal convolution or a Transformer.
    channels, hidden_size, num_layers, outputs : int
        C, H, L and K.
    bidirectional : bool
        Whether a step's vector depends on later steps too; of a recurrent encoder
        a second one reads each sequence from its end.
    dropout : float
        Share of the encoder's outputs dropped while training: between layers,
        and before the head.
    pooling : {"auto", "last", "mean", "max", "attention"}
        ``last``: each direction's last state, or the vector of the last step.
        ``mean``, ``max``: over the steps. ``attention``: the mean weighted by
        softmax over steps of a learned score. ``auto``: last and mean side by
        side; mean and max of an encoder that is not recurrent.
    per_step : bool
        One output at every step, and no pooling.
    options : mapping, optional
        What the encoder takes besides, such as ``kernel_size`` or ``heads``.
    fields : sequence of (columns, embeddings, width)
        After the channels, a step holds the numbers of so many embeddings each, which
        are learned: one of a category, several of the words of a text.
    elapsed : bool
        Whether a step holds the time since the step before, last. A cell that takes it
        gets it (of one by name, ``timed`` is set); of others nothing comes of it.

    Raises
    ------
    InputError
        If an argument is outside its range.
    """

    def __init__(
        self,
        cell: str | Cell,
        channels: int,
        hidden_size: int,
        outputs: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        pooling: str = "auto",
        per_step: bool = False,
        options: Mapping[str, Any] | None = None,
        fields: Sequence[Sequence[int]] = (),
        elapsed: bool = False,
    ) -> None:
        super().__init__()
        cell = check_encoder(cell)
        self._config: dict[str, Any] = {
            "cell": cell,
            "channels": channels,
            "hidden_size": hidden_size,
            "outputs": outputs,
            "num_layers": num_layers,
            "bidirectional": bidirectional,
            "dropout": dropout,
            "pooling": check_pooling(pooling),
            "per_step": per_step,
            "options": dict(options or {}),
        }
        self.inputs: StepInputs | None = None
        wide = channels
        if fields or elapsed:
            self._config["fields"] = [[int(n) for n in field] for field in fields]
            self._config["elapsed"] = elapsed
            if elapsed:
                cell = with_time(cell)
            passes = elapsed and takes_time(cell)
            self.inputs = StepInputs(channels, fields, elapsed=elapsed, passes=passes)
            wide = self.inputs.width
        self.encoder = ENCODERS[cell](
            wide,
            hidden_size,
            num_layers=num_layers,
            bidirectional=bidirectional,
            dropout=dropout,
            **(options or {}),
        )
        self.pooling = pooling
        self.per_step = per_step
        width: Any = self.encoder.width
        recurrent = self.recurrent is not None
        self.pool = (
            None if per_step else pooling_of(pooling, width, recurrent=recurrent)
        )
        self.dropout = nn.Dropout(dropout)
        pooled: Any = width if self.pool is None else self.pool.width
        self.head = nn.Linear(pooled, outputs)

    @property
    def channels(self) -> int:
        """C, what a step of a sequence holds."""
        return int(self._config["channels"])  # type: ignore[call-overload, arg-type]

    @property
    def recurrent(self) -> nn.RNNBase | CellLayer | None:
        """The recurrent layer, or None of an encoder without one."""
        encoder = self.encoder
        return encoder.stack if isinstance(encoder, RecurrentEncoder) else None

    @property
    def sees(self) -> int | None:
        """How many steps decide on one vector of the encoder, if there is a limit."""
        encoder = self.encoder
        return encoder.sees if isinstance(encoder, ConvolutionEncoder) else None

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        return dict(self._config)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return (B, K), or (B, T, K) per step.

        Parameters
        ----------
        values : Tensor
            (B, T, C), with the numbers of embeddings and the time if there are any.
        lengths : Tensor
            int64 (B,), each 1 to T. What lies beyond has no influence.
        """
        if self.inputs is not None:
            values = self.inputs(values)
        encoded = self.encoder(values, lengths)
        features = encoded.steps if self.pool is None else self.pool(encoded)
        return self.head(self.dropout(features))

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        # The score of attention was once the network's own.
        for name in ("weight", "bias"):
            old = f"{prefix}score.{name}"
            if old in state_dict:
                state_dict[f"{prefix}pool.score.{name}"] = state_dict.pop(old)
        super()._load_from_state_dict(state_dict, prefix, *rest)
