"""Forecast errors on the bundled bike rentals, over several seeds.

Protocol: train on January to October 2011 (the last 15 % of it decides when to
stop), then forecast the next 24 hours at every midnight of November and
December, 61 origins, without retraining. The weather of the day forecast is
known, as it would be from a weather forecast. Mean absolute error in bikes an
hour.

    python benchmarks/bikeshare.py --seeds 3
"""

from __future__ import annotations

import argparse
import statistics
import time

import elman
from elman.data import load_bikeshare


def run(seed: int, cell: str, progress: bool) -> dict:
    frame = load_bikeshare()
    forecaster = elman.Forecaster(
        horizon=24, cell=cell, random_state=seed, progress=progress
    )
    start = time.perf_counter()
    forecaster.fit(frame, "count", "time", known=frame.columns[2:], test="2011-11-01")
    results = forecaster.results_
    results["seconds"] = time.perf_counter() - start
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cells", default="gru", help="comma list of gru, lstm, rnn")
    parser.add_argument("--progress", action="store_true")
    arguments = parser.parse_args()

    errors: dict[str, list[float]] = {}
    for cell in arguments.cells.split(","):
        for seed in range(arguments.seeds):
            results = run(seed, cell, arguments.progress)
            for row in results["scores"]["rows"]:
                errors.setdefault(row["model"], []).append(row["values"]["MAE"])
            network = results["scores"]["rows"][0]
            print(
                f"seed {seed}  {network['model']}  MAE {network['values']['MAE']:.2f}"
                f"  coverage of 90 % intervals {results['forecast']['coverage']:.1%}"
                f"  best epoch {results['training']['best_epoch']}"
                f"  {results['seconds']:.0f} s",
                flush=True,
            )
    naive = next(v[0] for k, v in errors.items() if k.startswith("seasonal"))
    print(f"\n| {'model':34} | MAE, mean | worst seed | below seasonal naive |")
    print(f"|{'-' * 36}|-----------|------------|----------------------|")
    for model, values in sorted(errors.items(), key=lambda item: item[1][0]):
        mean = statistics.mean(values)
        print(
            f"| {model:34} | {mean:9.2f} | {max(values):10.2f} "
            f"| {1 - mean / naive:20.1%} |"
        )


if __name__ == "__main__":
    main()
