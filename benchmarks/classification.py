"""Accuracy of `SequenceClassifier` with its defaults, over seeds, beside baselines.

python benchmarks/classification.py [DATA] [--seeds 5] [--sets JapaneseVowels ...]

DATA is a folder with NAME_TRAIN.ts and NAME_TEST.ts; by default $ELMAN_DATA, else
../shared/data. A set that is not there is left out, and said to be.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from elman import SequenceClassifier
from elman.data import read_sequences

SETS = ("JapaneseVowels", "BasicMotions", "ItalyPowerDemand")


def measure(folder: Path, name: str, seeds: int) -> list[dict[str, float]]:
    """Return each seed's test accuracy by model, and the seconds it took."""
    train = read_sequences(folder / f"{name}_TRAIN.ts")
    test = read_sequences(folder / f"{name}_TEST.ts")
    rows = []
    for seed in range(seeds):
        begun = time.perf_counter()
        model = SequenceClassifier(random_state=seed).fit(train.X, train.y)
        seconds = time.perf_counter() - begun
        scores = model.evaluate(test.X, test.y)["rows"]
        rows.append(
            {row["model"]: row["values"]["accuracy"] for row in scores}
            | {"seconds": seconds}
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "data", nargs="?", default=os.environ.get("ELMAN_DATA", "../shared/data")
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=SETS)
    options = parser.parse_args()
    print(
        f"{'data set':18}{'mean':>7}{'min':>7}   {'seeds':34}"
        f"{'majority':>9}{'1-NN':>7}{'ridge':>7}{'seconds':>9}"
    )
    for name in options.sets:
        if not (Path(options.data) / f"{name}_TRAIN.ts").exists():
            print(f"{name:18}skipped: {name}_TRAIN.ts is not in {options.data}")
            continue
        rows = measure(Path(options.data), name, options.seeds)
        accuracy = np.array([row["network"] for row in rows])
        listed = " ".join(f"{a:.3f}" for a in accuracy)
        print(
            f"{name:18}{accuracy.mean():7.3f}{accuracy.min():7.3f}   {listed:34}"
            f"{rows[0]['majority class']:9.3f}{rows[0]['1-nearest-neighbour']:7.3f}"
            f"{rows[0]['ridge']:7.3f}{np.mean([r['seconds'] for r in rows]):9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
