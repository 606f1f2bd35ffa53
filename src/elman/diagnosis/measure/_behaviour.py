"""What makes a layer forget: its slopes, its gates, the size of what enters it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from elman.diagnosis.open._cells import Cell
from elman.diagnosis.open._unroll import Track

from ._along import alive_of, gate_values, slopes


@dataclass(frozen=True)
class Behaviour:
    """Averages over the steps and rows of one layer in one direction.

    Parameters
    ----------
    name, cell, variant : str
        As of the layer; the variant is an RNN's nonlinearity.
    slope : float
        Geometric mean of the root-mean-square slope φ' a step, of an RNN: what one
        step multiplies a gradient by if its matrix is orthogonal. NaN for others.
    gain : float
        Root mean square singular value of the recurrent matrix, of its blocks for
        gates: 1 for an orthogonal one, 0.58 for torch's default. NaN without one.
    gates : dict of str to float
        Median over units of each gate's mean.
    open : float
        Share of a ReLU's values above zero; NaN for others.
    input_size : float
        Root mean square of the layer's inputs.
    input_offset : float
        Largest |mean| over the features of the layer's inputs.
    drive : float
        Root mean square of what the inputs add to the pre-activations, W_ih x_t.
    keep : str
        The gate that multiplies the old state, "f" or "1 − z"; "" without one.
    kept : float
        Its value as in ``gates``; NaN without one.
    write, out : str
        The gates that let into that state and out of it, i and o of an LSTM.
    """

    name: str
    cell: str
    variant: str
    slope: float
    gain: float
    gates: dict[str, float]
    open: float
    input_size: float
    input_offset: float
    drive: float
    keep: str = ""
    kept: float = float("nan")
    write: str = ""
    out: str = ""


@torch.no_grad()
def behaviour(track: Track) -> Behaviour:
    """Average slopes, gates and inputs along a track.

    Parameters
    ----------
    track : Track

    Returns
    -------
    Behaviour
    """
    cell = track.cell
    roles = cell.roles
    alive = alive_of(track)
    x = torch.stack([s.detach() for s in track.x])
    seen = x[alive].double()
    slope = share = float("nan")
    if roles.nonlinearity:
        slope = _slope(slopes(track), alive)
    if roles.nonlinearity == "relu":
        h = torch.stack([s[0].detach() for s in track.states])
        share = float((h[alive] > 0).double().mean())
    gates = {
        name: float(gate_values(track, name)[alive].double().mean(0).median())
        for name in roles.gates
    }
    kept = gates.get(roles.keep, float("nan"))
    drive = torch.nn.functional.linear(seen, cell.weights["weight_ih"].double())
    return Behaviour(
        track.title,
        cell.kind,
        cell.variant,
        slope,
        _gain(cell),
        gates,
        share,
        _rms(seen),
        float(seen.mean(0).abs().max()) if len(seen) else float("nan"),
        _rms(drive),
        f"1 − {roles.keep}" if roles.inverted else roles.keep,
        1 - kept if roles.inverted else kept,
        roles.write,
        roles.out,
    )


def _gain(cell: Cell) -> float:
    """Return the root mean square singular value of the blocks of the matrix."""
    weight = cell.weights.get("weight_hh")
    if weight is None:
        return float("nan")
    hidden, heads = cell.hidden, cell.equations.traced.heads
    blocks = weight.double().split(hidden)
    rank = min(hidden, weight.shape[1] * heads)
    return float(torch.stack([b.square().sum() / rank for b in blocks]).mean().sqrt())


def _slope(by_step: Tensor, alive: Tensor) -> float:
    """Return exp of the mean over alive steps and rows of ln rms over units."""
    rms = by_step.double().square().mean(-1).sqrt().clamp(min=1e-30)
    return float(rms.log()[alive].mean().exp())


def _rms(x: Tensor) -> float:
    return float(x.square().mean().sqrt()) if x.numel() else float("nan")
