"""Which step trains which examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from ._order import Order
from ._settings import TrainingSettings
from ._step import Step
from ._streams import Streams
from ._truncated import TruncatedStep


def build_step(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    examples: Any,
    settings: TrainingSettings,
    order: Order,
) -> Step:
    """Return the step that the examples and the settings ask for.

    Parameters
    ----------
    module : nn.Module
    loss : callable
    examples : Examples or Streams
    settings : TrainingSettings
    order : Order
    """
    kind = TruncatedStep if isinstance(examples, Streams) else Step
    return kind(module, loss, examples, settings, order)
