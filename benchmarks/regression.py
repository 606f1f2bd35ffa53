"""Error of `SequenceRegressor` with its defaults on two problems ridge cannot do.

python benchmarks/regression.py [--seeds 3] [--steps 50] [--sequences 1000]

The adding problem (Hochreiter and Schmidhuber 1997): numbers in [0, 1] with two
of them marked; the target is the sum of the marked ones. And a filter with one
target a step: s_t = tanh(0.9 s_{t−1} + x_t x_{t−1}).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from elman import SequenceRegressor


def adding(count: int, steps: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    values = rng.random((count, steps))
    marked = np.argsort(rng.random((count, steps)), axis=1) < 2
    return np.stack([values, marked], axis=2), (values * marked).sum(axis=1)


def product_filter(count: int, steps: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    inputs, targets = [], []
    for length in rng.integers(steps // 2, steps + 1, count):
        x = rng.normal(size=length)
        state = np.zeros(length)
        for t in range(1, length):
            state[t] = np.tanh(0.9 * state[t - 1] + x[t] * x[t - 1])
        inputs.append(x[:, None])
        targets.append(state)
    return inputs, targets


PROBLEMS: dict[str, Callable[[int, int, int], tuple[Any, Any]]] = {
    "adding": adding,
    "product filter": product_filter,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--sequences", type=int, default=1000)
    options = parser.parse_args()
    for name, draw in PROBLEMS.items():
        test = draw(500, options.steps, 1000)
        for seed in range(options.seeds):
            train = draw(options.sequences, options.steps, seed)
            begun = time.perf_counter()
            model = SequenceRegressor(random_state=seed).fit(*train)
            seconds = time.perf_counter() - begun
            rows = model.evaluate(*test)["rows"]
            errors = "  ".join(
                f"{row['model']} {row['values']['RMSE']:.4f}" for row in rows
            )
            init = model.results_["training"]["init"]
            print(
                f"{name}, seed {seed}, init {init}, {seconds:.0f} s, RMSE: {errors}",
                flush=True,
            )


if __name__ == "__main__":
    main()
