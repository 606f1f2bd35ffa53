"""What training makes small, and the error rate as it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from elman.models import ctc
from elman.tasks._edits import error_rate
from elman.training import Callback, TrainingState, mean_over


@mean_over(lambda target: max(int((target[:, 1:] != ctc.BLANK).sum()), 1))
def label_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the nats of a batch's labels, a label's share."""
    return ctc.ctc_loss(output, target)


class ErrorRates(Callback):
    """Measure the error rate after epochs 1, 2, 3, 4, 6, 8, 12, 16 and so on.

    Parameters
    ----------
    outputs : callable
        ``outputs(network)`` returns those of the sequences held out.
    truth : sequence of list of int
    """

    def __init__(
        self,
        outputs: Callable[[Any], Sequence[NDArray[np.float32]]],
        truth: Sequence[Sequence[int]],
    ) -> None:
        self.outputs, self.truth = outputs, truth
        self.found: list[dict[str, Any]] = []

    def on_epoch(self, state: TrainingState) -> None:
        """Measure after an epoch that is a power of two, or half between two."""
        epoch = state.epoch
        half = epoch // 3 if epoch % 3 == 0 else epoch
        if epoch == 0 or half & (half - 1):
            return
        network: nn.Module = state.module
        found = [ctc.greedy(output) for output in self.outputs(network)]
        rate = error_rate(found, [tuple(row) for row in self.truth])
        seconds = sum(row.get("seconds") or 0.0 for row in state.history)
        self.found.append({"epoch": epoch, "seconds": seconds, "error_rate": rate})

    def state_dict(self) -> dict[str, Any]:
        """Return what was measured."""
        return {"found": list(self.found)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.found = list(state["found"])
