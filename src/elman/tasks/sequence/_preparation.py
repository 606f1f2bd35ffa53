"""From the user's sequences to what the network reads: filled, clipped, scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.data import suspect_notes
from elman.tasks._scaling import ClippedScaler

from ._input import Array


@dataclass(frozen=True)
class Preparation:
    """Scale each channel; fill what is missing and say where it was.

    A missing value takes the last one known in its sequence, else the training
    mean. If any was missing in the training part, each channel that had gaps
    gets a second one that is 1 where the value is missing and 0 elsewhere.

    Attributes
    ----------
    scaler : ClippedScaler
        Fitted on the training part alone.
    flagged : ndarray
        int64: the channels with an indicator.
    frames : int
        Steps that the network reads as one, side by side; the last one is repeated
        where a sequence ends before.
    """

    scaler: ClippedScaler
    flagged: NDArray[np.int64]
    frames: int = 1

    @classmethod
    def fit(cls, sequences: Sequence[Array], frames: int = 1) -> Preparation:
        """Return the preparation these training sequences call for."""
        steps = np.concatenate(sequences)
        flagged = np.flatnonzero(np.isnan(steps).any(axis=0))
        return cls(ClippedScaler.fit(steps), flagged, frames)

    @property
    def channels(self) -> int:
        """How many channels the network reads."""
        return (len(self.scaler.mean) + len(self.flagged)) * self.frames

    def apply(self, sequences: Sequence[Array]) -> list[NDArray[np.float32]]:
        """Return the sequences as the network reads them, (T_i, channels)."""
        return [self._one(sequence) for sequence in sequences]

    def notes(self, sequences: Sequence[Array]) -> list[str]:
        """Return one line for whatever was filled or clipped in them."""
        steps = np.concatenate(sequences)
        missing = np.isnan(steps).sum(axis=0)
        notes = [
            f"channel {j}: filled {count:,} of {len(steps):,} missing values with the "
            "last one known, else the mean"
            for j, count in enumerate(missing)
            if count
        ]
        names = [f"channel {j}" for j in range(steps.shape[1])]
        channels = ((name, steps[:, j]) for j, name in enumerate(names))
        notes += suspect_notes(channels, "", "replace it by NaN")
        return notes + self.scaler.clipped(steps, names)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything as tensors, for a file."""
        return {
            "preparation.flagged": torch.from_numpy(self.flagged.copy()),
            "preparation.frames": torch.tensor(self.frames),
            **self.scaler.tensors("preparation.scaler"),
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> Preparation:
        """Return the preparation `tensors` described."""
        return cls(
            ClippedScaler.from_tensors("preparation.scaler", tensors),
            tensors["preparation.flagged"].numpy(),
            # Runs of earlier versions have none.
            int(tensors.get("preparation.frames", 1)),
        )

    def _one(self, sequence: Array) -> NDArray[np.float32]:
        missing = np.isnan(sequence)
        scaled = self.scaler.transform(sequence)
        if missing.any():
            scaled = np.nan_to_num(forward_filled(scaled), nan=0.0)
        flags = missing[:, self.flagged]
        return stacked(np.concatenate([scaled, flags], 1), self.frames)


def stacked(sequence: Array, frames: int) -> NDArray[np.float32]:
    """Return (ceil(T / frames), frames · C): so many steps side by side."""
    short = -len(sequence) % frames
    whole = np.pad(sequence, ((0, short), (0, 0)), mode="edge")
    return whole.reshape(-1, frames * sequence.shape[1]).astype(np.float32)


def forward_filled(values: Array) -> Array:
    """Return (T, C) with each NaN replaced by the value before it, if any."""
    steps = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, steps), axis=0)
    return np.take_along_axis(values, last, axis=0)
