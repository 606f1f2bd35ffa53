"""What is kept of a step whose loss or gradient was not finite."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save as save_tensors
from torch import Tensor

from elman._files import replace_durably
from elman.training.keep._state import pack

from ._callbacks import Callback, TrainingState


@dataclass(frozen=True)
class Divergence:
    """The step that could not be taken, and everything to take it again.

    Attributes
    ----------
    epoch, step : int
        Its number in the run, from 1.
    loss, gradient_norm : float
        One of them is not finite.
    batch : Tensor
        int64, the numbers of the examples.
    inputs, target : Any
        What these examples are, as the module and the loss saw them; None where
        the step has no such thing.
    weights : dict of str to Tensor
        The module's, before the step.
    """

    epoch: int
    step: int
    loss: float
    gradient_norm: float
    batch: Tensor
    inputs: Any
    target: Any
    weights: dict[str, Any]

    def save(self, directory: str | Path) -> Path:
        """Write ``batch.safetensors``, ``weights.safetensors``, ``divergence.json``.

        Parameters
        ----------
        directory : path
            Made if it is not there.

        Returns
        -------
        Path
            The directory.
        """
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        content = {"inputs": self.inputs, "target": self.target, "index": self.batch}
        form, tensors = pack(content)
        weights = pack(self.weights)[1]
        about = {
            "epoch": self.epoch,
            "step": self.step,
            "loss": _word(self.loss),
            "gradient_norm": _word(self.gradient_norm),
            "batch": form,
        }
        replace_durably(directory / "batch.safetensors", save_tensors(tensors))
        replace_durably(directory / "weights.safetensors", save_tensors(weights))
        text = json.dumps(about, indent=1, allow_nan=False)
        replace_durably(directory / "divergence.json", text.encode())
        return directory


class KeepDivergence(Callback):
    """Write the batch and the weights of a step that was not finite.

    Parameters
    ----------
    directory : path
        See `Divergence.save`.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)

    def on_end(self, state: TrainingState) -> None:
        """Write them if there was such a step."""
        if state.divergence is not None:
            state.divergence.save(self.directory)


def _word(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
