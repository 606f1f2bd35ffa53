"""What a layer holds back at random: recurrent dropout and zoneout, for every cell.

Drawn here, before a run, so that the operators stay functions of their arguments.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import dropout

from elman._errors import InputError
from elman.ops import Noise

if TYPE_CHECKING:
    from ._base import Recurrent

Zoneout = float | tuple[float, float]


def rate(name: str, value: Any) -> float:
    """Return a probability from 0 to 1, or raise an InputError."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not 0 <= float(value) <= 1:
        raise InputError(f"{name} must be a number from 0 to 1, got {value!r}")
    return float(value)


def zoneout_rates(value: Any, states: int) -> Zoneout:
    """Return zoneout as a layer keeps it: a number, or one for h and one for c."""
    if not isinstance(value, tuple | list):
        return rate("zoneout", value)
    if states != 2 or len(value) != 2:
        allowed = "a number or the pair (of h, of c)" if states == 2 else "a number"
        raise InputError(f"zoneout must be {allowed}, got {value!r}")
    return rate("zoneout of h", value[0]), rate("zoneout of c", value[1])


def draw(layer: Recurrent, x: Tensor) -> Noise | None:
    """Draw what one layer in one direction holds back over one batch of sequences.

    Parameters
    ----------
    layer : Recurrent
    x : Tensor, (T, B, ·)
        For the sizes, the device and the dtype.

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
    factor = None
    if p:
        exact = torch.promote_types(
            x.dtype, torch.float32
        )  # 1 / (1 − p) is no bfloat16
        factor = dropout(x.new_ones(rows, widths[0], dtype=exact), p)
    zoneout = layer.zoneout
    rates = zoneout if isinstance(zoneout, tuple) else (zoneout,) * len(widths)
    if not any(rates):
        return Noise(factor)
    if not layer.training:
        return Noise(factor, tuple(p or None for p in rates))
    return Noise(
        factor,
        tuple(
            torch.rand(steps, rows, width, device=x.device) < p if p else None
            for p, width in zip(rates, widths, strict=True)
        ),
    )
