"""What the batches given to a diagnosis say about how far back it matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from elman._errors import InputError
from elman.diagnosis.open._rows import rows_of

from ._dependence import needed_dependence
from ._needed import Need, needed_from_lengths

SYMBOLS = 32
"""With so many symbols at most, whole numbers are one channel each."""


def need_of_batches(
    model: nn.Module, batches: Sequence[tuple[Any, Any]], lengths: Sequence[int]
) -> Need:
    """Estimate the need from batches, or fall back on the length of the sequences.

    The upper end of the interval is taken: a gradient that reaches too far costs
    nothing.

    Parameters
    ----------
    model : Module
    batches : sequence of (inputs, targets)
        Tensors (n, T, C), or whole numbers (n, T), rows first.
    lengths : sequence of int
        Of the sequences the model saw.

    Returns
    -------
    Need

    Raises
    ------
    InputError
        If a batch has another form.
    """
    inputs, targets = [], []
    for x, y in batches:
        if not _fits(model, x, y):
            raise InputError(
                "needed='data': the batches are not tensors (rows, steps, channels) "
                "and targets of as many rows; give a number of steps, such as "
                "needed_dependence finds"
            )
        inputs += list(_numbers(x))
        targets += list(y.detach().cpu().numpy())
    found = needed_dependence(inputs, targets)
    if found.found:
        steps = found.steps if found.high is None else found.high
        return Need(
            steps, found.source, low=found.low, high=found.high, p=found.p,
            explained=found.explained,
        )  # fmt: skip
    length = needed_from_lengths(lengths)
    return Need(length.steps, f"{length.source}; {found.source}", found=False)


def _fits(model: nn.Module, x: Any, y: Any) -> bool:
    if not isinstance(x, Tensor) or not isinstance(y, Tensor):
        return False
    whole = not x.is_floating_point()
    return x.dim() == (2 if whole else 3) and rows_of(model, x, y) > 0


def _numbers(x: Tensor) -> np.ndarray:
    """Return (n, T, C) in double precision, a channel for each symbol."""
    if not x.is_floating_point() and x.dim() == 2:
        kinds, place = torch.unique(x, return_inverse=True)
        if len(kinds) <= SYMBOLS:
            x = one_hot(place, len(kinds))
    return np.asarray(x.detach().cpu().double().numpy())
