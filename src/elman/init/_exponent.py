"""The leading Lyapunov exponent of one layer in one direction, at fused speed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from elman import ops
from elman.layers import CellLayer, name_of

from ._places import cell_of

States = tuple[Tensor, ...]

CHUNK = 50
"""Steps between two normalisations: e^{±700/50} per step still fits a double."""


_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")


class InDoubles:
    """One layer and direction of a recurrent layer, in double precision.

    Parameters
    ----------
    layer : a recurrent layer of elman or torch.nn
    index : int
        The layer's place in its stack.
    reverse : bool
    """

    def __init__(
        self, layer: nn.RNNBase | CellLayer, index: int, reverse: bool
    ) -> None:
        stem = f"_l{index}" + ("_reverse" if reverse else "")
        equations = cell_of(layer)
        self.cell, self.variant = name_of(layer)
        self.reverse = reverse
        directions = 2 if layer.bidirectional else 1
        names = layer._all_weights[index * directions + reverse]
        self.weights = {
            name.removesuffix(stem): getattr(layer, name).detach().double()
            for name in names
        }
        self.own = equations if isinstance(layer, CellLayer) else None
        first = int(getattr(layer, "proj_size", 0)) or layer.hidden_size
        self.widths = [first] + [layer.hidden_size] * (len(equations.states) - 1)

    def scaled(self, gain: float) -> dict[str, Tensor]:
        """Return the weights with the recurrent ones times ``gain``."""
        return {**self.weights, "weight_hh": self.weights["weight_hh"] * gain}

    def start(self, rows: int) -> States:
        """Return a state of zeros."""
        like = self.weights["weight_hh"]
        return tuple(like.new_zeros(rows, width) for width in self.widths)

    def run(self, x: Tensor, state: States, weights: dict[str, Tensor]) -> ops.Result:
        """Run steps in the order given."""
        given: Any = weights
        if self.own is None:
            given = ops.Weights(*(weights.get(name) for name in _NAMES))  # type: ignore[arg-type]
        call = ops.Call(self.cell, self.variant, x, state, given, equations=self.own)
        return ops.run(call)

    def output(self, x: Tensor) -> Tensor:
        """Return y (T, B, ·) in the order of time."""
        with torch.no_grad():
            x = x.flip(0) if self.reverse else x
            y = self.run(x, self.start(x.shape[1]), self.weights).y
            return y.flip(0) if self.reverse else y


def leading_exponent(place: InDoubles, x: Tensor, gain: float = 1.0) -> float:
    """Measure the leading Lyapunov exponent with the recurrent weights times ``gain``.

    A gradient of length 1 in a random direction enters at the last step and is
    carried back in pieces of 50 steps, normalised in between. The growth of
    its logarithm per step, over all but the last fifth of the steps (at most 50),
    which turn the direction, is λ₁: a product of matrices and its transpose grow
    alike. One forward and one backward pass of the layer's own operator.

    Parameters
    ----------
    place : InDoubles
    x : Tensor (T, B, I), float64
        In the order of time.
    gain : float

    Returns
    -------
    float
        Mean over rows; −inf where no gradient arrives.
    """
    weights = place.scaled(gain)
    steps, rows = x.shape[:2]
    x = x.flip(0) if place.reverse else x
    turn = min(steps // 5, CHUNK)
    cuts = sorted({*range(0, steps - turn, CHUNK), steps - turn, steps})
    pieces = list(pairwise(cuts))
    generator = torch.Generator().manual_seed(0)
    starts: list[States] = []
    state = place.start(rows)
    with torch.no_grad():
        for first, last in pieces:
            starts.append(state)
            state = tuple(place.run(x[first:last], state, weights).state)
    u: States = tuple(
        torch.randn(s.shape, generator=generator, dtype=s.dtype).to(s) for s in state
    )
    total = x.new_zeros(rows)
    for (first, last), before in reversed(list(zip(pieces, starts, strict=True))):
        leaves = tuple(s.clone().requires_grad_() for s in before)
        with torch.enable_grad():
            after = place.run(x[first:last], leaves, weights).state
            value = sum((s * v).sum() for s, v in zip(after, u, strict=True))
            u = torch.autograd.grad(value, leaves)  # type: ignore[arg-type]
        size = torch.stack([g.square().sum(-1) for g in u]).sum(0).sqrt()
        if last <= steps - turn:
            total += size.log()
        u = tuple(g / size.clamp(min=1e-300).unsqueeze(-1) for g in u)
    return float(total.mean() / max(steps - turn, 1))
