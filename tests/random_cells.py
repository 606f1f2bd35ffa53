"""Cells nobody thought of, drawn from a seed.

One to three states, one to four gates with products of x, of states, of values between
and of new ones, per-unit parameters, heads, sums over rows.
"""

from __future__ import annotations

import numpy as np

from elman.cells import (
    Cell,
    maximum,
    minimum,
    normalise,
    relu,
    row_mean,
    row_sum,
    sigmoid,
    softplus,
    tanh,
    where,
)


def random_cell(seed: int) -> Cell:
    """Return a cell whose equations are drawn; the same for the same seed."""

    class Random(Cell):
        states = ("h", "c", "d")[: 1 + seed % 3]
        heads = (1, 1, 2)[seed % 3]

        def step(self, x, *states):
            rng = np.random.default_rng(seed)
            values = list(states)
            used = []
            for k in range(int(rng.integers(1, 5))):
                values.append(self.drawn_gate(rng, k, x, values))
                used.append(len(values) - 1)
                values.append(combined(rng, values))
            after = [tanh(values[int(rng.integers(len(values)))]) for _ in states]
            # Everything drawn has a say, or it would be refused.
            rest = sum(values[k] for k in used)
            unit = self.unit("u", 0.5)
            after[0] = tanh(after[0] + 0.3 * rest * sigmoid(unit) + 0.1 * unit)
            return tuple(after)

        def drawn_gate(self, rng, k, x, values):
            some = int(rng.integers(0, min(3, len(values)) + 1))
            picked = rng.permutation(len(values))[:some]
            sources = list({id(values[j]): values[j] for j in picked}.values())
            if k == 0 or not sources or rng.integers(2):
                sources.insert(0, x)
            value = self.linear(f"g{k}", *sources, bias=bool(rng.integers(2)))
            kind = int(rng.integers(6))
            if kind == 4:
                value = value + self.unit(f"p{k}") * values[0]
            if kind == 5:
                value = value - row_mean(value * value)
            return (tanh, sigmoid, softplus, relu, tanh, sigmoid)[kind](value)

    return Random()


def combined(rng, values):
    a, b, c = (values[int(rng.integers(len(values)))] for _ in range(3))
    kind = int(rng.integers(9))
    if kind == 0:
        return a * b + c
    if kind == 1:
        return (1 - sigmoid(a)) * b + sigmoid(a) * c
    if kind == 2:
        return a - b * c
    if kind == 3:
        return maximum(a, 0.7 * b)
    if kind == 4:
        return minimum(a + 0.3, c)
    if kind == 5:
        return a / (1.5 + b * b)
    if kind == 6:
        return where(a > 0.2, b, -c)
    if kind == 7:
        return normalise(a * b + c, eps=0.1)
    return tanh(0.1 * row_sum(a)) * b


def noise_of(found: Cell, seed: int) -> dict:
    """Return options of lowering that fit a cell."""
    kind = seed // 3 % 4
    dropped = any(
        n.op == "before" and n.data == 0
        for linear in found.traced.linears
        for n in linear.args
    )
    if kind == 1 and dropped:
        return {"dropout": True}
    if kind == 2:
        return {"zoneout": (None,) * len(found.states)}
    return {"trace": True} if kind == 3 else {}
