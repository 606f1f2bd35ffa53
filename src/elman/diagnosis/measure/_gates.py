"""Saturated gates, dead units and the units' own time constants."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from elman.diagnosis._thresholds import FLAT, GATE_HIGH, GATE_LOW
from elman.diagnosis.open._cells import Cell
from elman.diagnosis.open._unroll import Track

from ._along import alive_of, gate_values, held_back, own_past, slopes
from ._spectrum import SHOWN, mean_jacobian

WIDEST = 1024
"""A state wider than this would take seconds for its eigenvalues."""


@dataclass(frozen=True)
class Saturation:
    """How a layer's units are used over the batch.

    Parameters
    ----------
    name : str
        Layer and direction.
    low, high : dict of str to float
        Share of each gate's values below 0.01 and above 0.99. Where the whole state
        goes through a nonlinearity, as in an RNN, "slope": share of φ'(a) below 0.01
        (and, as high, above 0.99); none for ReLU.
    dead : float
        Share of units whose h never changes, over rows and steps.
    time_constants : list of float
        10th, 50th and 90th percentile of −1/ln(what a step keeps), in steps. Of each
        unit's own past that is the mean of the gate that keeps, of a cell with one;
        else the spectral radius of the mean derivative past all products. Where
        nothing of a unit passes by the products, as in an RNN, what is kept is kept by
        all units together: then it is each eigenvalue's size of the mean Jacobian.
        Empty where the model changes the state between calls.
    time_scales : list of float
        All of them, the shortest first; of more than 65, evenly spread ones.
    meant : dict of str to str
        The side, "low" or "high", on which a saturated gate does what it is for: keep
        the state.
    scales_of : str
        Whose time constants those are: "units", or "modes", the eigenvectors of the
        mean Jacobian.
    """

    name: str
    low: dict[str, float]
    high: dict[str, float]
    dead: float
    time_constants: list[float]
    time_scales: list[float] = field(default_factory=list)
    meant: dict[str, str] = field(default_factory=dict)
    scales_of: str = "units"


@torch.no_grad()
def saturation(track: Track) -> Saturation:
    """Measure saturation, dead units and time constants along a track."""
    alive = alive_of(track)
    h = torch.stack([s[0].detach() for s in track.states])[alive].double()
    roles = track.cell.roles
    gates: dict[str, Tensor] = {}
    # Half of a ReLU's slopes are 0 by design; dead units tell more.
    if roles.nonlinearity not in ("", "relu"):
        gates = {"slope": slopes(track)[alive].double()}
    for name in roles.saturating:
        gates[name] = gate_values(track, name)[alive].double()
    constants: list[float] = []
    scales: list[float] = []
    kept, of = _kept(track, alive) if len(h) and not track.starts else (None, "units")
    if kept is not None:
        tau = -1 / kept.clamp(1e-12, 1 - 1e-9).log()
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
        _meant(track.cell),
        of,
    )


def _kept(track: Track, alive: Tensor) -> tuple[Tensor | None, str]:
    """Return what a step keeps, and of what: of each unit's own past, or of modes."""
    roles = track.cell.roles
    if roles.keep:
        mean = gate_values(track, roles.keep)[alive].double().mean(0)
        kept = 1 - mean if roles.inverted else mean
        held = held_back(track, roles.state, alive)
        return held + (1 - held) * kept, "units"
    if not roles.nonlinearity:
        block = torch.nan_to_num(own_past(track, alive))
        for state in range(block.shape[1]):
            held = held_back(track, state, alive)
            row = (1 - held) * block[:, state].T
            block[:, state] = row.T
            block[:, state, state] += held
        kept = torch.linalg.eigvals(block).abs().amax(-1)
        if bool((kept > 0).any()):
            return kept, "units"
    if sum(s.shape[-1] for s in track.start) > WIDEST:
        return None, "modes"
    mean = torch.nan_to_num(mean_jacobian(track, alive))
    return torch.linalg.eigvals(mean).abs(), "modes"


def _meant(cell: Cell) -> dict[str, str]:
    """Return where a gate may sit: chrono initialisation puts f and z high, i low."""
    roles = cell.roles
    found = {"slope": "high"} if roles.nonlinearity else {}
    if roles.keep:
        found[roles.keep] = "low" if roles.inverted else "high"
    if roles.write:
        found[roles.write] = "low"
    return found


def _share(which: Tensor) -> float:
    return float(which.double().mean()) if which.numel() else 0.0
