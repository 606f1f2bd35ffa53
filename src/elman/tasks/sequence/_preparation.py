"""From the user's sequences to what the network reads: filled, clipped, scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.data import suspect_notes
from elman.tasks._scaling import ClippedScaler

from .columns._columns import Layout
from .columns._fields import (
    embedded_rows,
    fields_of,
    indicators,
    layout_from,
    layout_tensor,
)
from .columns._gaps import Gaps
from .given._input import Array


@dataclass(frozen=True)
class Preparation:
    """Scale each channel; fill what is missing and say where it was.

    A missing value takes the last one known in its sequence, else the training
    mean. If any was missing in the training part, each channel that had gaps
    gets a second one that is 1 where the value is missing and 0 elsewhere. The time
    since the step before is scaled by its logarithm; categories and words become
    the numbers of their embeddings.

    Attributes
    ----------
    scaler : ClippedScaler
        Fitted on the training part alone.
    flagged : ndarray
        int64: the channels with an indicator.
    frames : int
        Steps that the network reads as one, side by side; the last one is repeated
        where a sequence ends before.
    layout : Layout or None
        Where what is, if not all channels are numbers.
    gaps : Gaps or None
        Of the time since the step before.
    rows : tuple of ndarray
        Of each field: int64, the embedding of each value, that of others last.
    """

    scaler: ClippedScaler
    flagged: NDArray[np.int64]
    frames: int = 1
    layout: Layout | None = None
    gaps: Gaps | None = None
    rows: tuple[NDArray[np.int64], ...] = ()

    @classmethod
    def fit(
        cls,
        sequences: Sequence[Array],
        frames: int = 1,
        layout: Layout | None = None,
    ) -> Preparation:
        """Return the preparation these training sequences call for."""
        if layout is None:
            steps = np.concatenate(sequences)
            flagged = np.flatnonzero(np.isnan(steps).any(axis=0))
            return cls(ClippedScaler.fit(steps), flagged, frames)
        plain = _plain(layout)
        steps = np.concatenate([s[:, plain] for s in sequences])
        gaps = None
        if layout.elapsed is not None:
            gaps = Gaps.fit(np.concatenate([s[:, layout.elapsed] for s in sequences]))
        return cls(
            _scaler(steps),
            np.flatnonzero(np.isnan(steps).any(axis=0)),
            1,
            layout,
            gaps,
            embedded_rows(sequences, layout),
        )

    @property
    def channels(self) -> int:
        """How many numbers the network reads at a step, without embeddings."""
        elapsed = 0 if self.gaps is None else 1
        own = len(self.scaler.mean) + len(self.flagged)
        return own * self.frames + elapsed

    @property
    def inputs(self) -> dict[str, Any]:
        """What a network has to know of its input: arguments of `SequenceNetwork`."""
        if self.layout is None:
            return {"channels": self.channels}
        return {
            "channels": self.channels,
            "fields": fields_of(self.layout, self.rows),
            "elapsed": self.gaps is not None,
        }

    @property
    def codes(self) -> list[int]:
        """How many columns at the end of `spread` are each field's own numbers."""
        return [] if self.layout is None else [f.count for f in self.layout.fields]

    def apply(self, sequences: Sequence[Array]) -> list[NDArray[np.float32]]:
        """Return the sequences as the network reads them.

        (T_i, channels); then the numbers of embeddings, and the time since the step
        before in units of its median.
        """
        if self.layout is None:
            return [self._one(sequence) for sequence in sequences]
        found = []
        for sequence in sequences:
            parts: list[Any] = [self._numbers(sequence), *self._fields(sequence)]
            if self.gaps is not None:
                parts.append(self.gaps.relative(self._elapsed(sequence)))
            found.append(np.concatenate(parts, axis=1).astype(np.float32))
        return found

    def spread(self, sequences: Sequence[Array]) -> list[NDArray[np.float32]]:
        """Return the sequences as models without embeddings read them.

        The same numbers; a column of 0 and 1 for each of the most frequent values of
        every field; last the values' own numbers, from which others can be counted.
        """
        if self.layout is None:
            return self.apply(sequences)
        found = []
        for sequence in sequences:
            fields = self._fields(sequence)
            ones = indicators(fields, self.layout, self.rows)
            parts = [self._numbers(sequence), *ones, *fields]
            found.append(np.concatenate(parts, axis=1).astype(np.float32))
        return found

    def notes(
        self, sequences: Sequence[Array], names: Sequence[str] | None = None
    ) -> list[str]:
        """Return one line for whatever was filled or clipped in them."""
        plain = list(range(sequences[0].shape[1]))
        if self.layout is not None:
            plain = _plain(self.layout)
        called = [f"channel {j}" if names is None else names[j] for j in plain]
        if not plain:
            return []
        steps = np.concatenate([s[:, plain] for s in sequences])
        missing = np.isnan(steps).sum(axis=0)
        notes = [
            f"{name}: filled {count:,} of {len(steps):,} missing values with the "
            "last one known, else the mean"
            for name, count in zip(called, missing, strict=True)
            if count
        ]
        channels = ((name, steps[:, j]) for j, name in enumerate(called))
        notes += suspect_notes(channels, "", "replace it by NaN")
        return notes + self.scaler.clipped(steps, called)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything as tensors, for a file."""
        found = {
            "preparation.flagged": torch.from_numpy(self.flagged.copy()),
            "preparation.frames": torch.tensor(self.frames),
            **self.scaler.tensors("preparation.scaler"),
        }
        if self.layout is not None:
            found["preparation.layout"] = layout_tensor(self.layout)
        if self.gaps is not None:
            found["preparation.gaps"] = self.gaps.tensor()
        for i, rows in enumerate(self.rows):
            found[f"preparation.rows{i}"] = torch.from_numpy(rows.copy())
        return found

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> Preparation:
        """Return the preparation `tensors` described."""
        layout, gaps = None, tensors.get("preparation.gaps")
        if "preparation.layout" in tensors:
            layout = layout_from(tensors["preparation.layout"])
        fields = () if layout is None else layout.fields
        return cls(
            ClippedScaler.from_tensors("preparation.scaler", tensors),
            tensors["preparation.flagged"].numpy(),
            # Runs of earlier versions have none.
            int(tensors.get("preparation.frames", 1)),
            layout,
            None if gaps is None else Gaps.from_tensor(gaps),
            tuple(tensors[f"preparation.rows{i}"].numpy() for i in range(len(fields))),
        )

    def _one(self, sequence: Array) -> NDArray[np.float32]:
        missing = np.isnan(sequence)
        scaled = self.scaler.transform(sequence)
        if missing.any():
            scaled = np.nan_to_num(forward_filled(scaled), nan=0.0)
        flags = missing[:, self.flagged]
        return stacked(np.concatenate([scaled, flags], 1), self.frames)

    def _numbers(self, sequence: Array) -> NDArray[np.float32]:
        assert self.layout is not None  # noqa: S101 - asked by the callers
        found = self._one(sequence[:, _plain(self.layout)])
        if self.gaps is None:
            return found
        scaled = self.gaps.scaled(self._elapsed(sequence))
        return np.concatenate([found, scaled], axis=1).astype(np.float32)

    def _elapsed(self, sequence: Array) -> Array:
        at = None if self.layout is None else self.layout.elapsed
        assert at is not None  # noqa: S101 - there are gaps
        return sequence[:, at : at + 1]

    def _fields(self, sequence: Array) -> list[NDArray[np.float32]]:
        assert self.layout is not None  # noqa: S101
        found, start = [], self.layout.numbers
        for field, rows in zip(self.layout.fields, self.rows, strict=True):
            codes = sequence[:, start : start + field.count]
            start += field.count
            known = np.where(np.isnan(codes), 0, codes).astype(np.int64)
            found.append(np.where(np.isnan(codes), 0, rows[known]).astype(np.float32))
        return found


def stacked(sequence: Array, frames: int) -> NDArray[np.float32]:
    """Return (ceil(T / frames), frames · C): so many steps side by side."""
    if frames == 1:
        return sequence.astype(np.float32)
    short = -len(sequence) % frames
    whole = np.pad(sequence, ((0, short), (0, 0)), mode="edge")
    return whole.reshape(-1, frames * sequence.shape[1]).astype(np.float32)


def _plain(layout: Layout) -> list[int]:
    """Return which columns are numbers, without the time since the step before."""
    return [i for i in range(layout.numbers) if i != layout.elapsed]


def _scaler(steps: Array) -> ClippedScaler:
    if steps.shape[1]:
        return ClippedScaler.fit(steps)
    nothing = np.empty(0)
    return ClippedScaler(nothing, nothing, nothing, nothing)


def forward_filled(values: Array) -> Array:
    """Return (T, C) with each NaN replaced by the value before it, if any."""
    steps = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, steps), axis=0)
    return np.take_along_axis(values, last, axis=0)
