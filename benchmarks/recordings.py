"""Spoken digits: the official split, and every speaker held out in turn.

python benchmarks/recordings.py [--data FOLDER] [--seeds 1] [--splits official george]

The data are the 3,000 recordings of the Free Spoken Digit Dataset (CC BY-SA 4.0):
free_spoken_digits.tar.xz in $ELMAN_DATA, else in ../shared/data, or a folder with them.
Recordings 0 to 4 of each speaker and digit are the official test part; the published
figure of a small network that never heard the speaker is 0.866 (yweweler's, eight
bands, mean of six speakers). Everything is the default but the limit in seconds, so
that a busy machine comes to the same scores.

Each run is a line of JSON beside this script; runs that are there are not repeated.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import kept_runs
import numpy as np

import elman

PATTERN = "{label}_{group}_*.wav"
ARCHIVE = "free_spoken_digits.tar.xz"
PUBLISHED = 0.866
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "short convolution": {
        "encoder": "tcn",
        "num_layers": 1,
        "hidden_size": 128,
        "dropout": 0.2,
        "epochs": 15,
    },
}
ROWS = ("Elman", "linear models alone", "network alone", "1-nearest-neighbour", "ridge")


def recordings(place: Path, front_end: dict[str, Any]) -> elman.data.Recordings:
    """Return the digits, unpacked where they come as an archive."""
    if place.is_dir() and not (place / ARCHIVE).exists():
        return elman.read_recordings(place, pattern=PATTERN, front_end=front_end)
    archive = place if place.is_file() else place / ARCHIVE
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
        return elman.read_recordings(folder, pattern=PATTERN, front_end=front_end)


def measured(
    found: elman.data.Recordings,
    test: np.ndarray,
    seed: int,
    grouped: bool,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Return the accuracy of everything that is scored on the test part."""
    train, held = np.flatnonzero(~test), np.flatnonzero(test)
    y = np.asarray(found.y)
    model = elman.SequenceClassifier(max_seconds=None, random_state=seed, **options)
    begun = time.process_time()
    groups = found.groups[train] if grouped else None
    model.fit(found.X.taken(train), y[train], groups=groups)
    spent = time.process_time() - begun
    scores = model.evaluate(found.X.taken(held), y[held])["rows"]
    return {
        "accuracy": {row["model"]: row["values"]["accuracy"] for row in scores},
        "network's weight": model.combination_.weight,
        "epochs": model.results_["training"]["best_epoch"],
        "parameters": model.results_["training"]["parameters"],
        "cpu seconds": round(spent, 1),
    }


def main() -> None:
    """Run what is missing and print a table."""
    asks = kept_runs.asking(__doc__, __file__)
    default = os.environ.get("ELMAN_DATA", "../shared/data")
    asks.add_argument("--data", type=Path, default=Path(default))
    asks.add_argument("--seeds", type=int, default=1)
    asks.add_argument("--splits", nargs="*")
    asks.add_argument("--bands", type=int, help="other than the default")
    asks.add_argument("--setting", choices=list(SETTINGS), default="default")
    args = asks.parse_args()
    done = kept_runs.read(args.out)
    front_end = {} if args.bands is None else {"bands": args.bands}
    setting = {} if args.setting == "default" else {"setting": args.setting}
    if not args.draw_only:
        found = recordings(args.data, front_end)
        number = np.array([int(Path(name).stem.split("_")[2]) for name in found.ids])
        splits = {"official": number < 5}
        splits |= {name: found.groups == name for name in np.unique(found.groups)}
        for seed in range(args.seeds):
            for name, test in splits.items():
                run = {"split": str(name), "seed": seed, **front_end, **setting}
                if args.splits and name not in args.splits:
                    continue
                if any(_same(run, row) for row in done):
                    continue
                row = run | measured(
                    found, test, seed, name != "official", SETTINGS[args.setting]
                )
                kept_runs.keep(row, done, args.out)
                print(row, flush=True)
    rows = [row for row in done if row.get("bands") == args.bands]
    kinds = {
        name: [row for row in rows if row.get("setting", "default") == name]
        for name in SETTINGS
    }
    for name, own in kinds.items():
        if own:
            print(name)
            show(own)
    if args.page:
        page = args.page / "guide" / "sound.md"
        kept_runs.write_tables(page, {"recordings": table(kinds["default"])})
        kept_runs.write_tables(
            page, {"recordings-convolution": table(kinds["short convolution"])}
        )


def _same(run: dict[str, Any], row: dict[str, Any]) -> bool:
    """Return whether a row is of this run, and not of other settings."""
    asked = ("split", "seed", "bands", "setting")
    return all(run.get(key) == row.get(key) for key in asked)


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the lines of the table in the guide."""
    lines = [f"| held out | {' | '.join(ROWS)} | CPU seconds |", "|---" * 7 + "|"]
    names = list(dict.fromkeys(row["split"] for row in rows))
    means = []
    for name in names:
        own = [row for row in rows if row["split"] == name]
        values = [float(np.mean([r["accuracy"][m] for r in own])) for m in ROWS]
        spent = float(np.mean([row["cpu seconds"] for row in own]))
        called = "official test part" if name == "official" else name
        lines.append(_line(called, values, f"{spent:.0f}"))
        if name != "official":
            means.append(values)
    if means:
        mean = [float(v) for v in np.mean(means, 0)]
        called = f"**mean of {len(means)} speakers**"
        lines.append(_line(called, mean, ""))
    return lines


def _line(called: str, values: list[float], spent: str) -> str:
    return f"| {called} | {' | '.join(f'{v:.3f}' for v in values)} | {spent} |"


def show(rows: list[dict[str, Any]]) -> None:
    """Print the mean over the seeds of each split, and over the speakers."""
    names = list(dict.fromkeys(row["split"] for row in rows))
    print(f"{'split':<20}" + "".join(f"{name[:12]:>14}" for name in ROWS))
    means = {}
    for name in names:
        own = [row["accuracy"] for row in rows if row["split"] == name]
        means[name] = [float(np.mean([a[model] for a in own])) for model in ROWS]
        print(f"{name:<20}" + "".join(f"{v:>14.3f}" for v in means[name]))
    speakers = [v for name, v in means.items() if name != "official"]
    if speakers:
        mean = np.mean(speakers, 0)
        print(f"{'mean of speakers':<20}" + "".join(f"{v:>14.3f}" for v in mean))
        print(f"published, a small network that never heard the speaker: {PUBLISHED}")


if __name__ == "__main__":
    main()
