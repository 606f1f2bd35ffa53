"""Small series whose answers are known."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

import elman


def hourly(rows: int = 600, seed: int = 0) -> pl.DataFrame:
    """A daily cycle that temperature moves, with noise; and a useless gauge."""
    rng = np.random.default_rng(seed)
    hours = np.arange(rows)
    temperature = 10 + 5 * np.sin(2 * np.pi * hours / 240) + rng.normal(0, 1, rows)
    load = 50 + 20 * np.sin(2 * np.pi * hours / 24) + temperature
    start = dt.datetime(2024, 1, 1)
    return pl.DataFrame(
        {
            "time": [start + dt.timedelta(hours=int(h)) for h in hours],
            "load": load + rng.normal(0, 1, rows),
            "temperature": temperature,
            "gauge": rng.integers(0, 3, rows).astype(float),
        }
    )


def small(**changes: Any) -> elman.Forecaster:
    """A forecaster that fits in about a second."""
    settings: dict[str, Any] = {
        "horizon": 6,
        "context": 24,
        "hidden_size": 8,
        "epochs": 2,
        "batch_size": 64,
        "init": "default",
    }
    return elman.Forecaster(**settings | changes)
