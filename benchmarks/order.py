"""Which networks lean on the order of the steps: MNIST-1D as it is, and shuffled.

pip install mnist1d
python benchmarks/order.py [--seeds 1] [--epochs 25 | --seconds 100] [--out order.jsonl]
                           [--networks gru lstm …]

4,000 sequences of 40 steps to train on and 1,000 to test, made by the package from its
seed, without a download. Each network is trained alone (``highway="none"``) on the
steps as they are, in one random order for all sequences, and in an order of its own for
each; the last column shuffles the test part of the first without training again.
Greydanus and Kobak (2020, arXiv:2011.14439) publish for one order for all: GRU 91 % and
57 %, CNN 94 % and 56 %, MLP 68 % and 68 %. A line a run goes to the file, and what is
there is not run again.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from kept_runs import keep, read
from sklearn.neural_network import MLPClassifier

from elman import SequenceClassifier

ORDERS = ("none", "fixed", "each")
ROWS = ("gru", "lstm", "tcn", "transformer", "whole", "mlp")
WIDTHS = {"gru": 64, "lstm": 56, "tcn": 40, "transformer": 32, "whole": 64}


def data() -> Any:
    """Return the training and the test part, without a download."""
    try:
        from mnist1d.data import get_dataset_args, make_dataset
    except ImportError:
        raise SystemExit("the data come from a package: pip install mnist1d") from None
    made = make_dataset(get_dataset_args())
    return made["x"], made["y"], made["x_test"], made["y_test"]


def mlp(how: str, seed: int, parts: Any) -> dict[str, Any]:
    """Return the scores of a perceptron on the 40 values, which knows no order."""
    X, y, test, truth = parts
    rng = np.random.default_rng(seed)
    if how == "fixed":
        order = rng.permutation(X.shape[1])
        X, test = X[:, order], test[:, order]
    elif how == "each":
        X, test = rng.permuted(X, axis=1), rng.permuted(test, axis=1)
    model = MLPClassifier((100, 100), random_state=seed).fit(X, y)
    shuffled = rng.permuted(test, axis=1)
    weights = sum(w.size for w in (*model.coefs_, *model.intercepts_))
    return {
        "accuracy": float(model.score(test, truth)),
        "shuffled": float(model.score(shuffled, truth)),
        "parameters": int(weights),
    }


def network(
    name: str, how: str, seed: int, length: dict[str, Any], parts: Any
) -> dict[str, Any]:
    """Return the scores of a network, or of linear models and network together."""
    X, y, test, truth = parts
    model = SequenceClassifier(
        encoder="gru" if name == "whole" else name,
        hidden_size=WIDTHS[name],
        num_layers=2 if name == "transformer" else 1,
        highway="auto" if name == "whole" else "none",
        shuffle_time=how,
        **length,
        random_state=seed,
    ).fit(X, y)
    rows = model.scores_by_order(test, truth)["rows"]
    means = [next(iter(row["values"].values()))["mean"] for row in rows]
    training = model.results_["training"]
    return {
        "accuracy": float(model.score(test, truth)),
        "shuffled": means[1],
        "parameters": training["parameters"],
        "epochs": training["history"][-1]["epoch"],
    }


def table(found: list[dict[str, Any]]) -> None:
    """Print the means over the seeds as a table."""
    print("| model | parameters | as they are | one order | an order each | tested |")
    print("|---|--:|--:|--:|--:|--:|")
    for name in ROWS:
        runs = [run for run in found if run["name"] == name]
        if not runs:
            continue
        cells = []
        for how in ORDERS:
            values = [run["accuracy"] for run in runs if run["how"] == how]
            cells.append(f"{np.mean(values):.3f}" if values else "")
        mixed = [run["shuffled"] for run in runs if run["how"] == "none"]
        cells.append(f"{np.mean(mixed):.3f}" if mixed else "")
        print(f"| {name} | {runs[0]['parameters']:,} | {' | '.join(cells)} |")


def main() -> None:
    """Run what is not in the file yet, and print the table."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seeds", type=int, default=1)
    ask.add_argument("--epochs", type=int, default=25)
    ask.add_argument("--networks", nargs="+", choices=ROWS, default=ROWS)
    ask.add_argument("--out", type=Path, default=Path("order.jsonl"))
    ask.add_argument("--seconds", type=float, help="in place of epochs, of a clock")
    asked = ask.parse_args()
    length: dict[str, Any] = {"max_seconds": asked.seconds}
    if asked.seconds is None:
        length |= {"epochs": asked.epochs, "patience": None, "refit": False}
    found = read(asked.out)
    known = {(run["name"], run["how"], run["seed"]) for run in found}
    parts = data()
    for seed in range(asked.seeds):
        for how in ORDERS:
            for name in asked.networks:
                if (name, how, seed) in known:
                    continue
                busy = time.process_time()
                scores = (
                    mlp(how, seed, parts)
                    if name == "mlp"
                    else network(name, how, seed, length, parts)
                )
                busy = time.process_time() - busy
                run = {"name": name, "how": how, "seed": seed, "busy": busy, **scores}
                keep(run, found, asked.out)
                print(json.dumps(run), flush=True)
    table(found)


if __name__ == "__main__":
    main()
