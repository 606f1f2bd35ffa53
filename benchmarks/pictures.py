"""Handwritten digits read row by row, beside scikit-learn's own example.

python benchmarks/pictures.py [--seeds 3] [--page docs]

The 1,797 digits of scikit-learn as its example "Recognizing hand-written digits"
divides them: the first half to learn from, the second, by other writers, to test. That
page publishes 0.97 for a support vector machine on the 64 pixels; it is trained again
here. Twenty epochs; a line of JSON a seed, and what is there is not run again.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from kept_runs import asking, keep, read, write_tables
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from elman import SequenceClassifier


def halves() -> Any:
    """Return pictures and digits to learn from, and those to test on."""
    digits = load_digits()
    half = len(digits.target) // 2
    X, y = digits.images, digits.target
    return X[:half], y[:half], X[half:], y[half:]


def on_pixels() -> dict[str, float]:
    """Return the accuracies of models that see all pixels at once."""
    X, y, test, truth = halves()
    models = {
        "support vector machine, 64 pixels": SVC(gamma=0.001),
        "nearest neighbour, 64 pixels": KNeighborsClassifier(1),
    }
    flat = [part.reshape(len(part), -1) for part in (X, test)]
    return {
        name: float(model.fit(flat[0], y).score(flat[1], truth))
        for name, model in models.items()
    }


def by_rows(seed: int) -> dict[str, float]:
    """Return the accuracies of a classifier that reads rows, and of its parts."""
    X, y, test, truth = halves()
    model = SequenceClassifier(
        image="rows", epochs=20, max_seconds=None, random_state=seed
    ).fit(X, y)
    rows = model.evaluate(test, truth)["rows"]
    return {row["model"]: row["values"]["accuracy"] for row in rows}


def main() -> None:
    """Run what is missing and print a table."""
    ask = asking(__doc__, __file__)
    ask.add_argument("--seeds", type=int, default=3)
    asked = ask.parse_args()
    found = read(asked.out)
    known = {run["seed"] for run in found}
    for seed in range(0 if asked.draw_only else asked.seeds):
        if seed not in known:
            busy = time.process_time()
            reached = by_rows(seed)
            busy = time.process_time() - busy
            keep(
                {"seed": seed, "accuracy": reached, "busy": round(busy, 1)},
                found,
                asked.out,
            )
    lines = ["| model | accuracy | worst seed | seeds |", "|---|--:|--:|--:|"]
    for name in found[0]["accuracy"]:
        each = [run["accuracy"][name] for run in found]
        lines.append(
            f"| {name} | {np.mean(each):.3f} | {min(each):.3f} | {len(each)} |"
        )
    lines += [
        f"| {name} | {value:.3f} | {value:.3f} | 1 |"
        for name, value in on_pixels().items()
    ]
    lines.append("| support vector machine, as published | 0.97 | | |")
    print(*lines, sep="\n")
    if asked.page:
        write_tables(asked.page / "guide/images.md", {"digits": lines})


if __name__ == "__main__":
    main()
