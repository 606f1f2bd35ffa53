"""Where a run stands and what it has found so far, as one part."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import torch
from torch import Tensor

from elman.training.watch._callbacks import TrainingState


class Position:
    """Where a run stands, and what it has found so far."""

    def __init__(self, state: TrainingState) -> None:
        self.state = state
        self.total = 0.0  # of loss × weight, and of weight, in this epoch
        self.weight = 0.0
        self.norms: list[float] = []
        self.best = math.inf
        self.best_weights: dict[str, Any] | None = None
        self.seconds = 0.0
        self.epoch_seconds = 0.0
        self.judged_at = 0  # steps before the last validation
        self.ledger = b""

    def count(self, batch: Tensor, loss: float, norm: float, weight: float) -> None:
        """Add a step to the epoch's sums and to the ledger."""
        self.total += loss * weight
        self.weight += weight
        self.norms.append(norm)
        state = self.state
        where = f"{state.epoch} {state.epoch_step} ".encode()
        numbers = batch.contiguous().numpy().tobytes()
        self.ledger = hashlib.sha256(self.ledger + where + numbers).digest()
        state.ledger = self.ledger.hex()

    def begin_epoch(self) -> None:
        """Forget the sums from before the last validation."""
        self.total = self.weight = self.epoch_seconds = 0.0
        self.norms = []

    def state_dict(self) -> dict[str, Any]:
        state = self.state
        return {
            "epoch": state.epoch,
            "epoch_step": state.epoch_step,
            "step": state.step,
            "learning_rate": state.learning_rate,
            "best_epoch": state.best_epoch,
            "history": list(state.history),
            "total": self.total,
            "weight": self.weight,
            "norms": torch.tensor(self.norms, dtype=torch.float64),
            "best": self.best,
            "best_weights": self.best_weights,
            "seconds": self.seconds,
            "epoch_seconds": self.epoch_seconds,
            "judged_at": self.judged_at,
            "ledger": self.ledger.hex(),
        }

    def load_state_dict(self, found: dict[str, Any]) -> None:
        state = self.state
        state.epoch = found["epoch"]
        state.epoch_step = found["epoch_step"]
        state.step = found["step"]
        state.learning_rate = found["learning_rate"]
        state.best_epoch = found["best_epoch"]
        state.history = list(found["history"])
        state.record = state.history[-1] if state.history else {}
        self.total, self.weight = found["total"], found["weight"]
        self.norms = found["norms"].tolist()
        self.best, self.best_weights = found["best"], found["best_weights"]
        self.seconds, self.epoch_seconds = found["seconds"], found["epoch_seconds"]
        self.judged_at = found.get("judged_at", 0)  # older runs: after every epoch
        self.ledger = bytes.fromhex(found["ledger"])
        state.ledger = found["ledger"]
