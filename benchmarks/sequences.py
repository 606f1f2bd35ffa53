"""Scores of the sequence estimators with their defaults, over seeds, beside baselines.

python benchmarks/sequences.py [DATA ...] [--seeds 5] [--sets ArrowHead ...]
python benchmarks/sequences.py --large 10000     # time and memory of so many, made up

Each DATA is a folder with NAME_TRAIN.ts and NAME_TEST.ts, at any depth; by default
$ELMAN_DATA, else ../shared/data. The .ts files in the wheels of aeon and sktime can be
used once unzipped. The split is the files' own. Targets decide whether it is accuracy
(higher is better) or the RMSE as a share of the test targets' deviation (lower).
"""

from __future__ import annotations

import argparse
import os
import resource
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


def waves(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy waves of 1,000 steps, three classes of near frequencies."""
    rng = np.random.default_rng(seed)
    kinds = np.arange(count) % 3
    slope = 0.1 + 0.005 * kinds + 0.002 * rng.standard_normal(count)
    phase = np.arange(1000) * slope[:, None] + rng.uniform(0, 6, (count, 1))
    return np.sin(phase) + rng.standard_normal((count, 1000)), kinds


def large(count: int) -> None:
    """Print what so many sequences of 1,000 steps cost, and what they are worth."""
    X, y = waves(count, 0)
    begun, busy = time.perf_counter(), time.process_time()
    model = SequenceClassifier(random_state=0).fit(X, y)
    busy, seconds = time.process_time() - busy, time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{count:,} sequences of 1,000 steps, {X.nbytes / 1e6:.0f} MB")
    print(f"fit: {busy:.0f} CPU seconds, {seconds:.0f} s, {peak:.1f} GB at most")
    X, y = waves(1000, 1)
    busy = time.process_time()
    right = float((model.predict(X) == y).mean())
    busy = time.process_time() - busy
    print(f"predict: {1000 * busy / len(X):.1f} CPU ms a sequence, {right:.1%} right")
    print(f"the network's share {model.results_['combination']['weights']['network']}")


def main() -> None:
    """Print one line a data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "data", nargs="*", default=[os.environ.get("ELMAN_DATA", "../shared/data")]
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=None)
    parser.add_argument("--large", type=int, help="so many sequences, made up")
    options = parser.parse_args()
    if options.large:
        large(options.large)
        return
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
