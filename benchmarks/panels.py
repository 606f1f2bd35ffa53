"""Many series in one model: M4 hourly and M1 yearly, beside published scores.

    ELMAN_DATA=DIR python benchmarks/panels.py            # both, a few minutes
    ELMAN_DATA=DIR python benchmarks/panels.py --only m1

DIR holds ``m4/Hourly-train.csv`` and ``m4/Hourly-test.csv`` of the M4 competition, and
``m1_yearly_dataset.tsf`` of the Monash archive. Everything is as it comes, but for the
level of M4's intervals, 0.95. Published numbers: M4 from the competition's results, M1
from the archive's page.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

import numpy as np

import elman
from elman.data import as_long, followed_by, open_table

DATA = Path(os.environ.get("ELMAN_DATA", "."))
# What the competition divides by: its naive forecast of seasonally adjusted series.
NAIVE2 = {"sMAPE": 18.383, "MASE": 2.395}
M4 = [
    ("winner: LSTM on exponential smoothing (Smyl)", 9.328, 0.893),
    ("second: 9 methods weighed by trees (FFORMA)", 11.506, 0.819),
    ("the competition's own recurrent network", 14.698, 3.048),
]
M1 = [
    ("TBATS", 3.499),
    ("exponential smoothing (ETS)", 3.771),
    ("theta", 4.191),
    ("N-BEATS", 4.384),
    ("DeepAR", 4.603),
    ("WaveNet", 4.666),
    ("simple exponential smoothing", 4.938),
]


def owa(smape: float, mase: float) -> float:
    """Return the mean of both errors over those of the naive forecast."""
    return (smape / NAIVE2["sMAPE"] + mase / NAIVE2["MASE"]) / 2


def m4(seeds: int) -> None:
    """Print the table of 414 hourly series, 48 steps ahead."""
    first, later = (
        as_long(open_table(DATA / "m4" / f"Hourly-{part}.csv", text=("V1",)), wide=True)
        for part in ("train", "test")
    )
    frame, steps = followed_by(
        first.frame, later.frame, "series", "value", (first.source, later.source)
    )
    found = []
    for seed in range(seeds):
        begin = time.process_time()
        fitted = elman.Forecaster(horizon=steps, level=0.95, random_state=seed).fit(
            frame, "value", "", id="series", test=steps
        )
        scores = fitted.results_["scores"]
        found.append((scores, time.process_time() - begin))
    print(f"\nM4 hourly, 414 series, {steps} steps ahead, {seeds} seeds")
    print(f"{'':52s}{'sMAPE':>8s}{'MASE':>8s}{'OWA':>8s}{'MSIS':>8s}{'covered':>9s}")
    rows = [scores["rows"] for scores, _ in found]
    for i, row in enumerate(rows[0]):
        smape, mase = (
            float(np.mean([r[i]["values"][name] for r in rows]))
            for name in ("sMAPE", "MASE")
        )
        line = f"{row['model']:52s}{smape:8.2f}{mase:8.3f}{owa(smape, mase):8.3f}"
        if row["kind"] == "network":
            msis = float(np.mean([s["MSIS"] for s, _ in found]))
            covered = float(np.mean([s["coverage"] for s, _ in found]))
            line += f"{msis:8.2f}{covered:9.1%}"
        print(line)
    for name, smape, mase in M4:
        print(f"{name:52s}{smape:8.2f}{mase:8.3f}{owa(smape, mase):8.3f}")
    seconds = float(np.mean([spent for _, spent in found]))
    print(f"{seconds:.0f} CPU seconds a fit, {peak():.0f} MB at most")


def m1(seeds: int) -> None:
    """Print the table of 181 yearly series, 6 steps ahead."""
    rows, covered = [], []
    for seed in range(seeds):
        fitted = elman.Forecaster(random_state=seed).fit(
            DATA / "m1_yearly_dataset.tsf", test=6
        )
        rows.append(fitted.results_["scores"]["rows"])
        covered.append(fitted.results_["scores"]["coverage"])
    print(f"\nM1 yearly, 181 series, 6 steps ahead, {seeds} seeds")
    print(f"{'':52s}{'MASE':>8s}{'covered (90 %)':>16s}")
    for i, row in enumerate(rows[0]):
        mase = float(np.mean([r[i]["values"]["MASE"] for r in rows]))
        held = f"{np.mean(covered):16.1%}" if row["kind"] == "network" else ""
        print(f"{row['model']:52s}{mase:8.3f}{held}")
    for name, value in M1:
        print(f"{name:52s}{value:8.3f}")


def peak() -> float:
    """Return the most memory the process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def large() -> None:
    """Print time and memory of 10,000 daily series of 200 steps, made up."""
    import polars as pl

    rng, steps = np.random.default_rng(0), np.arange(200)
    level, swing = np.exp(rng.normal(3, 2, 10_000)), rng.random(10_000) / 2
    phase = (steps + rng.integers(0, 7, 10_000)[:, None]) * 2 * np.pi / 7
    noise = 0.1 * rng.standard_normal((10_000, 200))
    values = level[:, None] * np.exp(swing[:, None] * np.sin(phase) + noise)
    frame = pl.DataFrame(
        {
            "id": np.repeat(np.arange(10_000), 200),
            "day": np.tile(np.datetime64("2022-01-01") + steps, 10_000),
            "y": values.reshape(-1),
        }
    )
    begin = time.process_time()
    fitted = elman.Forecaster(horizon=14).fit(frame, "y", "day", id="id", test=14)
    spent = time.process_time() - begin
    fitted.predict()
    print(f"\n10,000 series of 200 steps: {spent:.0f} CPU seconds, {peak():.0f} MB")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["m4", "m1", "large"])
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    for name, run in (("m1", lambda: m1(asked.seeds)), ("m4", lambda: m4(asked.seeds))):
        if asked.only in (None, name):
            run()
    if asked.only in (None, "large"):
        large()


if __name__ == "__main__":
    main()
