"""What a network writes as it learns, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from elman.training import Callback, TrainingState

_MOST = 9


class Samples(Callback):
    """Write a little after epochs 1, 2, 4, 8 and so on, and at the end.

    Parameters
    ----------
    write : callable
        ``write(network) -> str`` of a network in evaluation mode. From the same draws
        each time, so that what differs is what was learned.
    """

    def __init__(self, write: Callable[[Any], str]) -> None:
        self.write = write
        self.found: list[dict[str, Any]] = []

    def on_epoch(self, state: TrainingState) -> None:
        """Write after an epoch that is a power of two."""
        epoch = state.epoch
        if epoch and not epoch & (epoch - 1):
            self._write(state, epoch)

    def on_end(self, state: TrainingState) -> None:
        """Write with the weights that are kept."""
        epoch = state.best_epoch
        if all(row["epoch"] != epoch for row in self.found) and state.history:
            self._write(state, epoch)
        self.found.sort(key=lambda row: int(row["epoch"]))

    def state_dict(self) -> dict[str, Any]:
        """Return what was written."""
        return {"found": list(self.found)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.found = list(state["found"])

    def report(self) -> list[dict[str, Any]]:
        """Return epoch, loss and text of each, the last ones."""
        return self.found[-_MOST:]

    def _write(self, state: TrainingState, epoch: int) -> None:
        network: nn.Module = state.module
        rows = {int(row["epoch"]): row for row in state.history}
        was_training = network.training
        network.eval()
        text = self.write(network)
        network.train(was_training)
        loss = rows.get(epoch, {}).get("validation_loss")
        self.found.append({"epoch": epoch, "loss": loss, "text": text})
