"""Recover a hidden state at every step: a filter that no linear window computes.

python examples/regress_each_step.py [SEQUENCES]
"""

import sys

import numpy as np

import elman

count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
rng = np.random.default_rng(0)


def recording(steps):
    """Return noise, and s_t = tanh(0.9 s_{t−1} + x_t x_{t−1})."""
    x, state = rng.normal(size=(steps, 1)), np.zeros(steps)
    for t in range(1, steps):
        state[t] = np.tanh(0.9 * state[t - 1] + x[t, 0] * x[t - 1, 0])
    return x, state


x, y = zip(*(recording(rng.integers(25, 51)) for _ in range(count)), strict=True)
later_x, later_y = zip(*(recording(50) for _ in range(100)), strict=True)

# One direction: no prediction looks at later steps.
model = elman.SequenceRegressor(bidirectional=False).fit(list(x), list(y))
for row in model.evaluate(list(later_x), list(later_y))["rows"]:
    print(f"{row['model']:8} RMSE {row['values']['RMSE']:.3f}")
