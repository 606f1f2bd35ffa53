"""What a sequence is compared with: means, zeros, or real sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.attribution import Array

KINDS = ("mean", "zero", "background")

MOST = 20
"""So many sequences of a background are compared with, drawn alike each time."""


@dataclass(frozen=True)
class Wanted:
    """A baseline as it was asked for.

    Attributes
    ----------
    kind : str
        One of `KINDS`, or "own".
    values : ndarray or None
        (C,) or (T, C): one's own.
    background : object
        Sequences, in the form that ``predict`` takes; then as arrays (T_i, C).
    seed : int
        Draws from the background.
    """

    kind: str
    values: NDArray[np.float64] | None = None
    background: Any = None
    seed: int = 0

    @classmethod
    def of(cls, baseline: Any, background: Any, seed: int) -> Wanted:
        """Return what was asked for, checked.

        Raises
        ------
        InputError
            It is none of `KINDS` and no array, or the background is missing.
        """
        if not isinstance(baseline, str):
            values = np.asarray(baseline, np.float64)
            if not np.isfinite(values).all() or values.ndim not in (1, 2):
                raise InputError(
                    "baseline is a number for each channel, or one for each step and"
                    " channel; or one of " + ", ".join(KINDS)
                )
            return cls("own", values, None, seed)
        kind = baseline
        if kind == "auto":
            kind = "mean" if background is None else "background"
        if kind not in KINDS:
            raise InputError(
                f"baseline={baseline!r} is none of auto, {', '.join(KINDS)}, and no"
                " array"
            )
        if kind == "background" and background is None:
            raise InputError(
                "baseline='background' compares with real sequences: give some, such as"
                " background=X_train"
            )
        return cls(kind, None, background if kind == "background" else None, seed)

    def taking(self, sequences: Sequence[Array]) -> Wanted:
        """Return the same with the background as arrays, not more than `MOST`."""
        rng = np.random.default_rng(self.seed)
        some = rng.permutation(len(sequences))[:MOST]
        return replace(self, background=[sequences[i] for i in sorted(some)])

    @property
    def words(self) -> str:
        """What cases are compared with."""
        if self.kind == "mean":
            return "each channel's mean over the training part"
        if self.kind == "zero":
            return "0 in every channel"
        if self.kind == "own":
            return "the values given"
        return f"{len(self.background)} real sequences, in the mean"


def baseline_of(estimator: Any, sequence: Array, wanted: Wanted) -> Array:
    """Return what a coded sequence is compared with.

    Categories and words stand at "nothing known", the time since the step before at
    its median.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted.
    sequence : ndarray
        (T, C).
    wanted : Wanted

    Returns
    -------
    ndarray
        (C,), (T, C) or (m, T, C).

    Raises
    ------
    InputError
        One's own baseline has another shape.
    """
    if wanted.kind == "background":
        return np.stack([_at_length(s, len(sequence)) for s in wanted.background])
    channels = sequence.shape[1]
    if wanted.values is not None:
        if wanted.values.shape not in ((channels,), sequence.shape):
            raise InputError(
                f"baseline has shape {wanted.values.shape}; a sequence here has"
                f" {len(sequence)} steps of {channels} channels: give ({channels},) or"
                f" {sequence.shape}"
            )
        return wanted.values
    preparation = estimator.preparation_
    layout = preparation.layout
    found = np.full(channels, np.nan)
    plain = list(range(channels))
    if layout is not None:
        plain = [i for i in range(layout.numbers) if i != layout.elapsed]
    found[plain] = preparation.scaler.mean if wanted.kind == "mean" else 0.0
    if layout is not None and layout.elapsed is not None:
        found[layout.elapsed] = preparation.gaps.median
    return found


def _at_length(sequence: Array, steps: int) -> Array:
    """Return (steps, C): the nearest of its steps for each share of its length."""
    at = np.linspace(0, len(sequence) - 1, steps).round().astype(int)
    return np.asarray(sequence[at], np.float64)
