"""Scores of the sequence estimators with their defaults, over seeds, beside baselines.

python benchmarks/sequences.py [DATA ...] [--seeds 5] [--sets ArrowHead ...]

Each DATA is a folder with NAME_TRAIN.ts and NAME_TEST.ts, at any depth; by default
$ELMAN_DATA, else ../shared/data. The .ts files in the wheels of aeon and sktime can be
used once unzipped. The split is the files' own. Targets decide whether it is accuracy
(higher is better) or the RMSE as a share of the test targets' deviation (lower).
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from elman import SequenceClassifier, SequenceRegressor
from elman.data import read_sequences

COLUMNS = ("whole", "worst", "linear", "network", "constant", "1-NN", "ridge")


def pairs(folders: list[str]) -> dict[str, Path]:
    """Return the folder of each data set by name, the first where there are several."""
    found: dict[str, Path] = {}
    for folder in folders:
        for train in sorted(Path(folder).rglob("*_TRAIN.ts")):
            name = train.name.removesuffix("_TRAIN.ts")
            if train.with_name(f"{name}_TEST.ts").exists():
                found.setdefault(name, train.parent)
    return found


def measure(folder: Path, name: str, seed: int) -> dict[str, float]:
    """Return one seed's scores by column, the network's weight and the seconds."""
    train = read_sequences(folder / f"{name}_TRAIN.ts")
    test = read_sequences(folder / f"{name}_TEST.ts")
    numbers = np.asarray(train.y).dtype.kind == "f"
    kind = SequenceRegressor if numbers else SequenceClassifier
    begun, busy = time.perf_counter(), time.process_time()
    model = kind(random_state=seed).fit(train.X, train.y)
    busy, seconds = time.process_time() - busy, time.perf_counter() - begun
    scores = model.evaluate(test.X, test.y)
    unit = float(np.std(np.asarray(test.y))) if numbers else 1.0
    values = [row["values"][scores["metric"]] / unit for row in scores["rows"]]
    row = dict(zip(("whole", *COLUMNS[2:]), values, strict=True))
    weight = model.results_["combination"]["weights"]["network"]
    cost = {"weight": weight, "busy": busy, "seconds": seconds}
    return row | cost | {"lower is better": float(scores["lower_is_better"])}


def main() -> None:
    """Print one line a data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "data", nargs="*", default=[os.environ.get("ELMAN_DATA", "../shared/data")]
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=None)
    options = parser.parse_args()
    found = pairs(options.data)
    print("| set | " + " | ".join(COLUMNS) + " | network's weight | CPU s | seconds |")
    print("|---|" + "---|" * (len(COLUMNS) + 3))
    for name in options.sets or found:
        if name not in found:
            print(f"| {name} | skipped: {name}_TRAIN.ts is not there |")
            continue
        rows = [measure(found[name], name, seed) for seed in range(options.seeds)]
        mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
        worst = max if rows[0]["lower is better"] else min
        mean["worst"] = worst(row["whole"] for row in rows)
        listed = " | ".join(f"{mean[column]:.3f}" for column in COLUMNS)
        print(
            f"| {name} | {listed} | {mean['weight']:.2f} | {mean['busy']:.1f} "
            f"| {mean['seconds']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
