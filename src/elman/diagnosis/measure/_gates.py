"""Saturated gates, dead units and the units' own time constants."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from elman.diagnosis._thresholds import FLAT, GATE_HIGH, GATE_LOW
from elman.diagnosis.open._slopes import SLOPE
from elman.diagnosis.open._unroll import Track

from ._spectrum import SHOWN

# The gate a state is multiplied by: torch's GRU writes h = (1 − z) n + z h.
_KEEP = {"gru": "z", "lstm": "f"}


@dataclass(frozen=True)
class Saturation:
    """How a layer's units are used over the batch.

    Parameters
    ----------
    name : str
        Layer and direction.
    low, high : dict of str to float
        Share of each gate's values below 0.01 and above 0.99. For an RNN, "slope":
        share of φ'(a) below 0.01 (and, as high, above 0.99); none for ReLU.
    dead : float
        Share of units whose h never changes, over rows and steps.
    time_constants : list of float
        10th, 50th and 90th percentile over units of −1/ln(mean keep gate), in
        steps; empty for an RNN.
    time_scales : list of float
        That of every unit, the shortest first; of more than 65, evenly spread ones.
    """

    name: str
    low: dict[str, float]
    high: dict[str, float]
    dead: float
    time_constants: list[float]
    time_scales: list[float] = field(default_factory=list)


@torch.no_grad()
def saturation(track: Track) -> Saturation:
    """Measure saturation, dead units and time constants along a track."""
    steps = torch.arange(len(track.states), device=track.lengths.device)
    if track.reverse:
        alive = steps[:, None] >= len(track.states) - track.lengths
    else:
        alive = steps[:, None] < track.lengths
    h = torch.stack([s[0].detach() for s in track.states])[alive].double()
    values = {
        name: torch.stack(gate)[alive].double()
        for name, gate in zip(
            track.cell.gates, zip(*track.gates, strict=True), strict=True
        )
    }
    if track.cell.variant == "relu":
        gates = {}  # half of the slopes are 0 by design; dead units tell more
    elif track.cell.kind == "rnn":
        gates = {"slope": SLOPE[track.cell.variant](values["a"], h)}
    else:
        gates = {k: v for k, v in values.items() if k not in ("n", "g")}
    keep = _KEEP.get(track.cell.kind)
    constants: list[float] = []
    scales: list[float] = []
    if keep is not None and len(h):
        mean = values[keep].mean(0).clamp(1e-12, 1 - 1e-9)
        tau = -1 / mean.log()
        at = torch.tensor([0.1, 0.5, 0.9], dtype=tau.dtype, device=tau.device)
        constants = tau.quantile(at).tolist()
        ranks = torch.linspace(0, len(tau) - 1, min(len(tau), SHOWN)).round().long()
        scales = tau.sort().values[ranks.to(tau.device)].tolist()
    spread = h.amax(0) - h.amin(0) if len(h) > 1 else torch.ones(1)
    return Saturation(
        track.title,
        {k: _share(v < GATE_LOW) for k, v in gates.items()},
        {k: _share(v > GATE_HIGH) for k, v in gates.items()},
        _share(spread < FLAT),
        constants,
        scales,
    )


def _share(which: Tensor) -> float:
    return float(which.double().mean()) if which.numel() else 0.0
