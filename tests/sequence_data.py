"""Small made-up sequences whose answer needs the order of the steps."""

from __future__ import annotations

import numpy as np


def rising_or_falling(n=60, seed=0, channels=2):
    """Return ragged noisy ramps and their labels, "down" or "up"."""
    rng = np.random.default_rng(seed)
    y = np.array(["down", "up"])[np.arange(n) % 2]
    x = []
    for label in y:
        steps = rng.integers(6, 15)
        ramp = np.linspace(-1, 1, steps) * (1 if label == "up" else -1)
        noise = 0.3 * rng.normal(size=(steps, channels))
        x.append(ramp[:, None] + noise)
    return x, y


def weighted_end(n=80, seed=0, steps=8):
    """Return (n, T, 2) noise, and a number that the last steps decide."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, steps, 2))
    return x, x[:, -1, 0] - 0.5 * x[:, -2, 1] + 10.0


def sign_of_the_sum(n=60, seed=0):
    """Return ragged noise and at each step whether the sum so far is positive."""
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(t, 1)) for t in rng.integers(5, 12, n)]
    return x, [np.where(s[:, 0].cumsum() > 0, "plus", "minus") for s in x]
