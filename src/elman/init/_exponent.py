"""The leading Lyapunov exponent of one layer in one direction, at fused speed."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from elman import ops

from ._places import cell_of

States = tuple[Tensor, ...]

CHUNK = 50
"""Steps between two normalisations: e^{±700/50} per step still fits a double."""


class Place:
    """One layer and direction of a recurrent layer, in double precision.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn
    index : int
        The layer's place in its stack.
    reverse : bool
    """

    def __init__(self, layer: nn.RNNBase, index: int, reverse: bool) -> None:
        stem = f"_l{index}" + ("_reverse" if reverse else "")
        self.cell = cell_of(layer).lower()
        self.reverse = reverse
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        given = [getattr(layer, name + stem, None) for name in names]
        w_ih, w_hh, b_ih, b_hh, w_hr = (
            None if w is None or isinstance(w, bool) else w.detach().double()
            for w in given
        )
        if w_ih is None or w_hh is None:
            raise AssertionError("every recurrent layer has these two")
        self.weights = ops.Weights(w_ih, w_hh, b_ih, b_hh, w_hr)
        if self.cell == "rnn":
            self.variant = layer.mode.removeprefix("RNN_").lower()
        elif self.cell == "gru":
            after = getattr(layer, "reset_after", True)
            self.variant = "reset_after" if after else "reset_before"
        else:
            self.variant = "plain" if w_hr is None else "projected"
        self.widths = [w_hh.shape[1]]
        self.widths += [layer.hidden_size] if self.cell == "lstm" else []

    def scaled(self, gain: float) -> ops.Weights:
        """Return the weights with the recurrent ones times ``gain``."""
        return self.weights._replace(w_hh=self.weights.w_hh * gain)

    def start(self, rows: int) -> States:
        """Return a state of zeros."""
        return tuple(self.weights.w_hh.new_zeros(rows, width) for width in self.widths)

    def run(self, x: Tensor, state: States, weights: ops.Weights) -> ops.Result:
        """Run steps in the order given."""
        return ops.run(ops.Call(self.cell, self.variant, x, state, weights))

    def output(self, x: Tensor) -> Tensor:
        """Return y (T, B, ·) in the order of time."""
        with torch.no_grad():
            x = x.flip(0) if self.reverse else x
            y = self.run(x, self.start(x.shape[1]), self.weights).y
            return y.flip(0) if self.reverse else y


def leading_exponent(place: Place, x: Tensor, gain: float = 1.0) -> float:
    """Measure the leading Lyapunov exponent with the recurrent weights times ``gain``.

    A gradient of length 1 in a random direction enters at the last step and is
    carried back in pieces of 50 steps, normalised in between. The growth of
    its logarithm per step, over all but the last fifth of the steps (at most 50),
    which turn the direction, is λ₁: a product of matrices and its transpose grow
    alike. One forward and one backward pass of the layer's own operator.

    Parameters
    ----------
    place : Place
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
