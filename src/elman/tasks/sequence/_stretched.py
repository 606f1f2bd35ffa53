"""Training examples of recordings, each time with their frequencies stretched anew."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elman._errors import InputError
from elman.data import FrontEnd, stretching
from elman.training import RaggedSequences, digest_of

from ._preparation import Preparation
from .columns._columns import Layout

MOST = 0.15
"""Frequencies are stretched by up to this share, or shrunk by as much."""

AUGMENTS = ("auto", "stretch", "none")


def stretched_of(
    augment: str, front_end: FrontEnd | None, layout: Layout | None, wanted: bool
) -> FrontEnd | None:
    """Return the front end of the features that are to be stretched, if they are.

    Parameters
    ----------
    augment : str
        As asked for.
    front_end : FrontEnd or None
        Of the features; None where the sequences are no recordings.
    layout : Layout or None
        Where what is in a step, if not all channels are numbers.
    wanted : bool
        Whether "auto" stretches: recordings of groups, whose labels do not go by
        pitch.

    Raises
    ------
    InputError
        Sequences that are no recordings were to be stretched.
    """
    if augment == "none":
        return None
    if front_end is None or layout is not None:
        if augment == "auto":
            return None
        raise InputError(
            "augment='stretch' is for features of recordings, as read_recordings"
            " returns them; leave it at 'auto' for other sequences"
        )
    return front_end if wanted or augment == "stretch" else None


def stretched_note(front_end: FrontEnd | None) -> list[str]:
    """Return one line on what the network was trained on."""
    if front_end is None:
        return []
    return [
        "the network was trained on recordings with their frequencies stretched by up"
        f" to {100 * MOST:.0f} % or shrunk by as much, drawn anew each time, as other"
        " voices have them; scores and predictions are of recordings as they are"
    ]


class StretchedSequences:
    """Recordings that are stretched by other factors whenever they are taken.

    Everything is drawn from torch's generator, which a checkpoint keeps: a run that
    goes on draws what it would have drawn.

    Parameters
    ----------
    examples : RaggedSequences
        Prepared.
    front_end : FrontEnd
        Of the features before.
    preparation : Preparation
        How they were prepared.
    """

    def __init__(
        self, examples: RaggedSequences, front_end: FrontEnd, preparation: Preparation
    ) -> None:
        self.examples = examples
        self.lengths = examples.lengths
        self.front_end = front_end
        self.frames = preparation.frames
        scaler = preparation.scaler
        self._mean = torch.from_numpy(scaler.mean).float()
        self._scale = torch.from_numpy(scaler.scale).float()

    def __len__(self) -> int:
        """Return the number of recordings."""
        return len(self.examples)

    def take(self, index: Tensor) -> tuple[tuple[Tensor, Tensor], Any]:
        """Return ``((values, lengths), target)``, the values stretched."""
        (values, lengths), target = self.examples.take(index)
        share = 2 * torch.rand(len(index), dtype=torch.float64) - 1
        factors = np.exp(math.log(1 + MOST) * share.numpy())
        matrices = torch.from_numpy(stretching(self.front_end, factors)).float()
        rows, steps, _ = values.shape
        # Steps that are read as one lie side by side, and flags behind the features.
        split = values.view(rows, steps * self.frames, -1)
        width = self.front_end.width
        raw = split[..., :width] * self._scale + self._mean
        own = (torch.bmm(raw, matrices) - self._mean) / self._scale
        changed = torch.cat([own, split[..., width:]], -1).view(values.shape)
        beyond = torch.arange(steps) >= lengths[:, None]
        return (changed.masked_fill(beyond[..., None], 0.0), lengths), target

    def digest(self) -> str:
        """Return what tells these examples from others, for checkpoints."""
        how = sorted(self.front_end.describe().items())
        return digest_of(self.examples.digest(), "stretched", MOST, how)
