"""What a layer holds back at random: recurrent dropout and zoneout, for every cell.

Drawn here, before a run, so that the operators stay functions of their arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import dropout

from elman._errors import InputError
from elman.cells import Cell
from elman.ops import Noise, held

from .batch._batch import Batch

Zoneout = float | tuple[float, ...]


def rate(name: str, value: Any) -> float:
    """Return a probability from 0 to 1, or raise an InputError."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not 0 <= float(value) <= 1:
        raise InputError(f"{name} must be a number from 0 to 1, got {value!r}")
    return float(value)


def zoneout_rates(value: Any, names: Sequence[str]) -> Zoneout:
    """Return zoneout as a layer keeps it: a number, or one for each state.

    Parameters
    ----------
    value : object
        As the layer was given it.
    names : sequence of str
        The states'.
    """
    if not isinstance(value, tuple | list):
        return rate("zoneout", value)
    if len(names) < 2 or len(value) != len(names):
        each = ", ".join(f"of {name}" for name in names)
        kind = "the pair" if len(names) == 2 else "one for each state"
        allowed = f"a number or {kind} ({each})" if len(names) > 1 else "a number"
        raise InputError(f"zoneout must be {allowed}, got {value!r}")
    pairs = zip(names, value, strict=True)
    return tuple(rate(f"zoneout of {name}", each) for name, each in pairs)


def first_parts(cell: Cell) -> tuple[int, ...]:
    """Return for each state the first one that is part of the same unit.

    Parameters
    ----------
    cell : Cell

    Raises
    ------
    InputError
        If ``parts`` names what is no state.
    """
    first = list(range(len(cell.states)))
    for names in cell.parts:
        for name in names:
            if name not in cell.states:
                raise InputError(
                    f"{type(cell).__name__}.parts names {name!r}; the states are "
                    f"{', '.join(cell.states)}"
                )
            first[cell.states.index(name)] = cell.states.index(names[0])
    return tuple(first)


def draw(layer: Any, x: Tensor, of_equations: bool) -> Noise | None:
    """Draw what one layer in one direction holds back over one batch of sequences.

    Parameters
    ----------
    layer : Recurrent
    x : Tensor, (T, B, ·)
        For the sizes, the device and the dtype.
    of_equations : bool
        Whether the cell runs as equations: see `elman.ops.Noise`.

    Returns
    -------
    Noise, optional
        None where nothing is held back, which leaves the fused kernels in charge.
    """
    p = layer.recurrent_dropout if layer.training else 0.0
    if not layer.zoneout and not p:
        return None
    steps, rows = x.shape[:2]
    widths = [width for _, width in layer._state_widths()]
    first: Sequence[int] = range(len(widths))
    if layer._of_equations and layer.cell.parts:
        first = first_parts(layer.cell)
    factor: Any = None
    if p:
        # 1 / (1 − p) is no bfloat16
        exact = torch.promote_types(x.dtype, torch.float32)
        factors: dict[int, Tensor] = {}
        for k in layer._dropped:
            if first[k] not in factors:
                ones = x.new_ones(rows, widths[k], dtype=exact)
                factors[first[k]] = dropout(ones, p)
        factor = tuple(factors[first[k]] for k in layer._dropped)
        factor = factor if of_equations else factor[0]
    zoneout = layer.zoneout
    rates = zoneout if isinstance(zoneout, tuple) else (zoneout,) * len(widths)
    if not any(rates):
        return Noise(factor)
    if not layer.training:
        return Noise(factor, tuple(p or None for p in rates))
    masks: dict[tuple[int, float], Tensor] = {}
    for k, p, width in zip(first, rates, widths, strict=True):
        if p and (k, p) not in masks:
            masks[k, p] = held(x, (steps, rows, width), p)
    return Noise(
        factor, tuple(masks.get(key) for key in zip(first, rates, strict=True))
    )


def sort_noise(batch: Batch, noise: Noise | None) -> Noise | None:
    """Return noise that was drawn in the caller's order of rows in the batch's own.

    So what a row sees does not depend on how the batch came in.

    Parameters
    ----------
    batch : Batch
    noise : Noise, optional
    """
    if noise is None or batch.packed is None or batch.packed.sorted_indices is None:
        return noise
    factor = noise.recurrent
    if isinstance(factor, Tensor):
        factor = batch.sort(factor.unsqueeze(0)).squeeze(0)
    elif factor is not None:
        factor = tuple(batch.sort(f.unsqueeze(0)).squeeze(0) for f in factor)
    stays = (batch.sort(s) if isinstance(s, Tensor) else s for s in noise.stays)
    return Noise(factor, tuple(stays))
