"""How wrong truncated backpropagation is on the streams it is about to train on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from elman._arguments import whole_number
from elman.diagnosis import TruncationBias, truncation_bias
from elman.training import Streams


@dataclass(frozen=True)
class TruncationError:
    """The bias of the gradient as these streams cut it.

    Attributes
    ----------
    steps : int
        The chunk K of one cut a chunk whose losses reach back as far on average.
    error : float
        ‖g_K - g‖ / ‖g‖ there.
    bias : TruncationBias
        At all lengths measured.
    """

    steps: int
    error: float
    bias: TruncationBias

    def __str__(self) -> str:
        """Return one line: the error, and the chunk that would be long enough."""
        within = f"within {100 * self.bias.tolerance:.0f} %"
        if not math.isfinite(self.error):
            return "the gradient of the recurrent weights is zero or not finite"
        text = (
            f"cut every {self.steps} steps, the gradient is off by "
            f"{100 * self.error:.1f} % of that over {self.bias.length} steps"
        )
        if self.error <= self.bias.tolerance:
            return f"{text}: {within}"
        if self.bias.smallest is None or self.bias.smallest >= self.bias.length:
            return f"{text}; no shorter chunk than these steps keeps it {within}"
        return f"{text}; {self.bias.smallest} steps keep it {within}"


def truncation_error(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    streams: Streams,
    *,
    chunks: int = 8,
    rows: int = 8,
) -> TruncationError:
    """Compare the gradient cut at every chunk with the whole one.

    Parameters
    ----------
    module : nn.Module
        As `elman.training.train` takes it for streams; its recurrent layers are
        those of `torch.nn` or Elman.
    loss : callable
    streams : Streams
        The first steps of some rows are used, as one series each.
    chunks : int
        Length of the whole, in chunks.
    rows : int
        At most so many.

    Returns
    -------
    TruncationError

    Notes
    -----
    A loss in a chunk of K steps reaches K/2 steps back on average, one of
    TBPTT(k₁, k₂) reaches k₂ - k₁/2: their K is 2 k₂ - k₁.
    """
    whole_number("chunks", chunks, 2)
    used = min(whole_number("rows", rows), streams.rows)
    every = 2 * streams.gradient_steps - streams.steps
    length = min(streams.length, chunks * every)
    inputs, target = streams.window(streams.layout(0, 0), 0, length)
    axis = 0 if streams.batch_first else 1
    inputs = tuple(x.narrow(axis, 0, used) for x in inputs)
    begin = getattr(module, "initial_state", None)
    state = begin(used) if callable(begin) else None
    bias = truncation_bias(
        module,
        inputs,
        target.narrow(axis, 0, used),
        loss,
        shifts=4,
        forward=lambda model, given: model(*given, state)[0],
    )
    return TruncationError(every, bias.at(every), bias)
