"""Strings of spoken digits and of vowels, transcribed; error rates beside baselines.

    ELMAN_DATA=folder python benchmarks/transcription.py [--page docs]    # it resumes

ELMAN_DATA holds free_spoken_digits.tar.xz (Free Spoken Digits, 6 speakers, 8 kHz) and
JapaneseVowels_TRAIN.ts and _TEST.ts. A string is 3 to 7 of their recordings on end,
drawn at random: of digits those of one speaker, with pauses of 0.05 to 0.5 s before,
between and after, and the labels are the digits; of vowels the labels are the speakers.
Strings to learn from are made of the training recordings alone (of digits those
numbered from 5 on), strings to score on of the test recordings (0 to 4): no recording
is in both. Of new speakers each seed leaves out one of the six, who alone says the
strings to score on. The estimator's defaults, but for --set; a line a run goes to
--out.
"""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from kept_runs import asking, keep, read, write_tables

import elman
from elman.data import read_sequences
from elman.training import Checkpoints

RATE = 8000
LEARNED, SCORED = 600, 300
Strings = tuple[list[Any], list[str]]


def strings(
    groups: Sequence[Sequence[tuple[np.ndarray, str]]],
    join: Callable[[list[np.ndarray], np.random.Generator], np.ndarray],
    count: int,
    seed: int,
) -> Strings:
    """Return recordings on end, each string from one group, and what they say."""
    draw = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(count):
        group = groups[draw.integers(len(groups))]
        chosen = [group[draw.integers(len(group))] for _ in range(draw.integers(3, 8))]
        X.append(join([x for x, _ in chosen], draw))
        y.append(" ".join(label for _, label in chosen))
    return X, y


Spoken = dict[tuple[str, bool], list[tuple[np.ndarray, str]]]


@cache
def recordings(data: Path) -> Spoken:
    """Return samples and digits by speaker, and whether they are to be scored on."""
    spoken: Spoken = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        tarfile.open(data / "free_spoken_digits.tar.xz") as archive,
    ):
        archive.extractall(folder, filter="data")
        for file in sorted(Path(folder).rglob("*.wav")):
            named = re.fullmatch(r"(\d)_(\w+)_(\d+)", file.stem)
            assert named is not None
            samples, rate = elman.read_sound(file)
            assert rate == RATE
            key = named[2], int(named[3]) < 5
            spoken.setdefault(key, []).append((samples, named[1]))
    return spoken


def said(groups: Sequence[Any], count: int, seed: int) -> Strings:
    """Return strings of spoken digits as log-mel bands, each of one speaker."""
    # As deep as when the kept runs were made; their strings have no groups either.
    front_end = elman.FrontEnd(rate=RATE, range=80)

    def pause(draw: np.random.Generator) -> np.ndarray:
        return 1e-4 * draw.standard_normal(int(RATE * draw.uniform(0.05, 0.5)))

    def join(parts: list[np.ndarray], draw: np.random.Generator) -> np.ndarray:
        whole = [pause(draw)]
        for part in parts:
            whole += [part, pause(draw)]
        return front_end(np.concatenate(whole).astype(np.float32), RATE)

    return strings(groups, join, count, seed)


def digits(data: Path, seed: int) -> tuple[Strings, Strings]:
    """Return strings of the recordings to learn from, and of the others."""
    learned, scored = (
        [own for (_, test), own in sorted(recordings(data).items()) if test == of_test]
        for of_test in (False, True)
    )
    return said(learned, LEARNED, 0), said(scored, SCORED, 1)


def new_speakers(data: Path, seed: int) -> tuple[Strings, Strings]:
    """Return strings of all speakers but one, and of that one: by the seed."""
    by: dict[str, list[tuple[np.ndarray, str]]] = {}
    for (speaker, _), own in sorted(recordings(data).items()):
        by[speaker] = [*by.get(speaker, []), *own]
    other = list(by)[seed]
    learned = [own for speaker, own in by.items() if speaker != other]
    return said(learned, LEARNED, 0), said([by[other]], SCORED, 1)


def vowels(data: Path, seed: int) -> tuple[Strings, Strings]:
    """Return strings of vowels, 12 coefficients a step, said by nine speakers."""
    sides = []
    for part, name in enumerate(("TRAIN", "TEST")):
        found = read_sequences(data / f"JapaneseVowels_{name}.ts")
        group = [(x, f"s{label}") for x, label in zip(found.X, found.y, strict=True)]

        def join(parts: list[np.ndarray], draw: np.random.Generator) -> np.ndarray:
            return np.concatenate(parts)

        count = SCORED if part else LEARNED
        sides.append(strings([group], join, count, part))
    return sides[0], sides[1]


SETS = {"digits": digits, "new speakers": new_speakers, "vowels": vowels}
SEEDS = {"new speakers": 6}


def run(
    parts: tuple[Strings, Strings], seed: int, options: dict[str, Any], place: Path
) -> dict[str, Any]:
    """Train and score once; one that was stopped goes on."""
    model = elman.SequenceTranscriber(
        random_state=seed, checkpoints=Checkpoints(place, resume=True), **options
    )
    began = time.process_time()
    model.fit(*parts[0])
    took = time.process_time() - began
    scores = model.evaluate(*parts[1])
    training = model.results_["training"]
    return {
        "rates": {r["model"]: r["values"]["word error rate"] for r in scores["rows"]},
        "frames": model.frames_,
        "parameters": training["parameters"],
        "epochs": training["history"][-1]["epoch"],
        "stopped": training["stopped"],
        "cpu_seconds": round(took, 1),
        "seconds": round(training["seconds"], 1),
    }


def options_of(text: str) -> dict[str, Any]:
    """Return NAME=VALUE, with commas between several, as arguments."""
    found: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        number = re.fullmatch(r"\d+(\.\d+)?", value)
        found[name] = (float if "." in value else int)(value) if number else value
    return found


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the lines of a table: a row each for the settings of a set."""
    kept: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        kept.setdefault((row["set"], row["options"]), []).append(row)
    lines = [
        "| strings | settings | error rate | each step's likeliest | most frequent"
        " | nearest | weights | CPU seconds | seeds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (name, options), own in sorted(kept.items()):
        by = {
            model: np.array([row["rates"][model] for row in own])
            for model in own[0]["rates"]
        }
        network, greedy, most, nearest = list(by.values())
        spread = f" ± {100 * network.std(ddof=1):.1f}" if len(own) > 1 else ""
        seconds = np.mean([row["cpu_seconds"] for row in own])
        lines.append(
            f"| {name} | {options.replace(',', ', ') or 'defaults'}"
            f" | {100 * network.mean():.1f}{spread} % | {100 * greedy.mean():.1f} %"
            f" | {100 * most.mean():.0f} % | {100 * nearest.mean():.0f} %"
            f" | {own[0]['parameters']:,} | {seconds:.0f} | {len(own)} |"
        )
    return lines


def main() -> None:
    """Run what is not there yet, and show all."""
    parser = asking(__doc__, __file__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--of", default=",".join(SETS), help="the sets, with commas")
    parser.add_argument("--set", default="", metavar="NAME=VALUE,…", help="settings")
    given = parser.parse_args()
    rows = read(given.out)
    for name in () if given.draw_only else given.of.split(","):
        for seed in range(max(given.seeds, SEEDS.get(name, 0))):
            known = {"set": name, "options": given.set, "seed": seed}
            if any(known.items() <= row.items() for row in rows):
                continue
            parts = SETS[name](Path(os.environ["ELMAN_DATA"]), seed)
            called = re.sub(r"\W+", "-", f"{name}-{given.set}-{seed}")
            place = Path("build/transcription") / called
            row = known | run(parts, seed, options_of(given.set), place)
            keep(row, rows, given.out)
            print(row, flush=True)
    lines = table(rows)
    print("\n".join(lines))
    if given.page:
        page = given.page / "guide/transcription.md"
        write_tables(page, {"strings": lines})


if __name__ == "__main__":
    main()
