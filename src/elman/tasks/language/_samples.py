"""What a network writes as it learns, epoch by epoch."""

from __future__ import annotations

from typing import Any

from elman.training import Callback, TrainingState

from ._generate import Sampling, text_after
from ._vocabulary import Vocabulary

_CHARACTERS = 240
_TOKENS = {"words": 60, "subwords": 90}
_MOST = 9


class Samples(Callback):
    """Write a little after epochs 1, 2, 4, 8 and so on, and at the end.

    Always from the same draws, so that what differs is what was learned. The text is
    begun as every text is.

    Parameters
    ----------
    vocabulary : Vocabulary
    seed : int
    """

    def __init__(self, vocabulary: Vocabulary, seed: int) -> None:
        self.vocabulary = vocabulary
        self.sampling = Sampling(seed=seed)
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
        network: Any = state.module
        rows = {int(row["epoch"]): row for row in state.history}
        length = _TOKENS.get(self.vocabulary.kind, _CHARACTERS)
        was_training = network.training
        network.eval()
        pieces = text_after(network, self.vocabulary, "", length, self.sampling)
        text = "".join(pieces)
        network.train(was_training)
        loss = rows.get(epoch, {}).get("validation_loss")
        self.found.append({"epoch": epoch, "loss": loss, "text": text})
