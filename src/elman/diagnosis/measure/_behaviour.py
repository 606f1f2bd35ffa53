"""What makes a layer forget: its slopes, its gates, the size of what enters it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from elman.diagnosis.open._slopes import SLOPE
from elman.diagnosis.open._unroll import Track


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
        gates: 1 for an orthogonal one, 0.58 for torch's default.
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
    steps = torch.arange(len(track.states), device=track.lengths.device)
    if track.reverse:
        alive = steps[:, None] >= len(track.states) - track.lengths
    else:
        alive = steps[:, None] < track.lengths
    x = torch.stack([s.detach() for s in track.x])
    h = torch.stack([s[0].detach() for s in track.states])
    seen = x[alive].double()
    slope = share = float("nan")
    gates: dict[str, float] = {}
    if cell.kind == "rnn":
        a = torch.stack([g[0] for g in track.gates])
        by_step = SLOPE[cell.variant](a, h)
        slope = _slope(by_step, alive)
        if cell.variant == "relu":
            share = float((h[alive] > 0).double().mean())
    else:
        for k, name in enumerate(cell.gates):
            if name in ("n", "g"):
                continue
            values = torch.stack([g[k] for g in track.gates])[alive].double()
            gates[name] = float(values.mean(0).median())
    blocks = len(cell.w_hh) // max(_units(track), 1)
    gain = float(
        torch.stack(
            [
                b.double().square().sum() / min(b.shape)
                for b in cell.w_hh.chunk(max(blocks, 1))
            ]
        )
        .mean()
        .sqrt()
    )
    drive = torch.nn.functional.linear(seen, cell.w_ih.double())
    return Behaviour(
        track.title,
        cell.kind,
        cell.variant,
        slope,
        gain,
        gates,
        share,
        _rms(seen),
        float(seen.mean(0).abs().max()) if len(seen) else float("nan"),
        _rms(drive),
    )


def _units(track: Track) -> int:
    gates = track.gates[0]
    return int(gates[0].shape[-1])


def _slope(by_step: Tensor, alive: Tensor) -> float:
    """Return exp of the mean over alive steps and rows of ln rms over units."""
    rms = by_step.double().square().mean(-1).sqrt().clamp(min=1e-30)
    return float(rms.log()[alive].mean().exp())


def _rms(x: Tensor) -> float:
    return float(x.square().mean().sqrt()) if x.numel() else float("nan")
