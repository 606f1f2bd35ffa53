"""Forecasts 96 hours ahead of ETTh1, all seven channels, beside published ones.

Protocol (Zhou et al. 2021, as Zeng et al. 2023 and Lin et al. 2023 use it): 12 months
of 30 days for training, 4 for validation, 4 for the test; every column standardised by
its training rows; the mean over all 2,785 windows of the test part, one an hour, none
dropped, all steps and channels; 96 hours of look-back. Nothing is fitted on the test
part. After training, the linear part is fitted again with the validation rows, as the
forecaster always does.

    ELMAN_DATA=… python benchmarks/long_horizon.py --seeds 3
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np
import polars as pl

import elman

MONTH = 30 * 24
TRAIN, VALIDATION, TEST = 12 * MONTH, 4 * MONTH, 4 * MONTH

# Model, look-back, MSE, MAE at horizon 96, as printed in the sources.
PUBLISHED = [
    ("SegRNN (Lin et al. 2023)", 96, 0.368, 0.395),
    ("iTransformer (Liu et al. 2024)", 96, 0.386, 0.405),
    ("DLinear (Zeng et al. 2023)", 96, 0.386, 0.400),
    ("TimesNet (Wu et al. 2023)", 96, 0.384, 0.402),
    ("PatchTST (Nie et al. 2023)", 96, 0.414, 0.419),
    ("DLinear (Zeng et al. 2023)", 336, 0.375, 0.399),
    ("Informer (Zhou et al. 2021)", 336, 0.865, 0.713),
]


def errors(forecast: np.ndarray, truth: np.ndarray, unit: np.ndarray) -> list[float]:
    """Return MSE and MAE of standardised values."""
    difference = (forecast - truth) / unit
    return [float((difference**2).mean()), float(np.abs(difference).mean())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--loss", default="squared", help="squared or absolute")
    parser.add_argument("--decoder", default="auto", help="auto, steps or segments")
    parser.add_argument("--progress", action="store_true")
    arguments = parser.parse_args()

    data = Path(os.environ["ELMAN_DATA"]) / "ETTh1.csv"
    frame = pl.read_csv(data)[: TRAIN + VALIDATION + TEST]
    channels = frame.columns[1:]
    unit = frame[:TRAIN].select(channels).to_numpy().std(0)
    found: dict[str, list[list[float]]] = {}
    for seed in range(arguments.seeds):
        forecaster = elman.Forecaster(
            horizon=96,
            context=96,
            validation_fraction=VALIDATION / (TRAIN + VALIDATION),
            loss=arguments.loss,
            decoder=arguments.decoder,
            random_state=seed,
            progress=arguments.progress,
        )
        start, busy = time.perf_counter(), time.process_time()
        forecaster.fit(frame, channels, "date", test=TEST)
        seconds = time.perf_counter() - start, time.process_time() - busy
        rolling = forecaster.backtest(frame, start=TEST, stride=1)
        rows = {
            f"Elman ({forecaster.loss} error)": rolling.prediction,
            "its linear part alone": rolling.linear,
        }
        for name, forecast in rows.items():
            scores = errors(forecast, rolling.truth, unit)
            found.setdefault(name, []).append(scores)
            print(
                f"seed {seed}  {name:30} MSE {scores[0]:.4f}  MAE {scores[1]:.4f}  "
                f"{len(rolling)} windows",
                flush=True,
            )
        print(f"seed {seed}  fit in {seconds[0]:.0f} s, {seconds[1]:.0f} s of a core")

    rows = [
        (name, 96, *(statistics.mean(column) for column in zip(*scores, strict=True)))
        for name, scores in found.items()
    ]
    print("\n| model | look-back | MSE | MAE |\n|---|--:|--:|--:|")
    for name, back, squared, absolute in sorted(rows + PUBLISHED, key=lambda r: r[2]):
        print(f"| {name} | {back} | {squared:.3f} | {absolute:.3f} |")


if __name__ == "__main__":
    main()
