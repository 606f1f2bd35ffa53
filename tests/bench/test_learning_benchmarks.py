"""What benchmarks train on and what they measure, beside brute force."""

from __future__ import annotations

import importlib
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from elman.tasks.selection._space import drawn_of
from elman.tasks.selection._space import space_of as selection_space
from elman.training import RaggedSequences, evaluate

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch):
    """Benchmarks find each other as they do when one is run."""
    monkeypatch.syspath_prepend(BENCHMARKS)


def product_of(word):
    """Move three things by one permutation after the other."""
    permutations = list(itertools.permutations("abc"))
    places = {permutation: k for k, permutation in enumerate(permutations)}
    things = ["a", "b", "c"]
    for symbol in word:
        moves = ["abc".index(letter) for letter in permutations[symbol]]
        after = [""] * 3
        for thing in range(3):
            after[thing] = "abc"[moves["abc".index(things[thing])]]
        things = after
    return places[tuple(things)]


ANSWERS = {
    "parity": lambda word: word.count(1) % 2,
    "modulo three": lambda word: sum(word) % 3,
    "S3": product_of,
    "even pairs": lambda word: (
        sum(pair in ((0, 1), (1, 0)) for pair in itertools.pairwise(word)) % 2 == 0
    ),
}


@pytest.mark.parametrize("language", ANSWERS)
def test_every_answer_of_a_word_is_the_languages(language):
    languages = importlib.import_module("formal_languages")
    draw = torch.Generator().manual_seed(0)
    symbols, answers = languages.words(language, 9, 40, draw)
    count, kinds = languages.SIZES[language]
    assert set(symbols.flatten().tolist()) == set(range(count))
    assert set(answers.flatten().tolist()) == set(range(kinds))
    for word, said in zip(symbols.T.tolist(), answers.T.tolist(), strict=True):
        for t in range(9):
            assert said[t] == int(ANSWERS[language](word[: t + 1]))


def test_every_cell_and_the_forms_of_scans_are_run():
    languages = importlib.import_module("formal_languages")
    forms = {languages.label({"cell": n, "options": o}) for n, o in languages.FORMS}
    assert forms >= {*languages.cells.names(), "mingru(signed=True)"}
    todo = {languages.key(row) for row in languages.missing([])}
    assert len(todo) == 8 * (len(forms) + len(languages.STACKED))


def test_nats_are_a_mean_over_the_steps_of_all_chorales():
    """Keys are summed; a long chorale counts for as many steps as it has."""
    chorales = importlib.import_module("jsb_chorales")
    rng = np.random.default_rng(0)
    rolls = [rng.integers(0, 2, (n, 88)).astype("float32") for n in (3, 9, 5)]
    after = torch.cat([torch.from_numpy(roll[1:]) for roll in rolls])
    examples = RaggedSequences([r[:-1] for r in rolls], after, per_step=True)
    torch.manual_seed(0)
    model = chorales.Network("gru", 6).eval()
    total, steps = 0.0, 0
    for roll in rolls:
        x = torch.from_numpy(roll)
        with torch.no_grad():
            p = model(x[None, :-1], torch.tensor([len(x) - 1]))[0].sigmoid().double()
        total -= float(torch.where(x[1:] > 0, p, 1 - p).log().sum())
        steps += len(x) - 1
    for rows in (1, 3):
        found = evaluate(model, chorales.Nats(), examples, batch_size=rows)
        assert found == pytest.approx(total / steps, rel=1e-5)


def test_networks_are_as_wide_as_the_parameters_allow():
    chorales = importlib.import_module("jsb_chorales")
    for cell in chorales.SETTINGS:
        wide = chorales.widest(cell)
        assert chorales.size(cell, wide) <= 300_000 < chorales.size(cell, wide + 1)


def test_searches_are_compared_seed_by_seed():
    """Means and intervals are those of paired differences, of the seeds all have."""
    search = importlib.import_module("search")
    gains = [0.03, -0.01, 0.02]
    rows = [
        {"set": "PM2.5", "way": way, "seed": seed, "metric": "skill", "trials": 9}
        | {"score": 0.1 * seed + (gain if way == "TPE" else 0), "default": 0.1 * seed}
        for seed, gain in enumerate(gains)
        for way in search.WAYS
    ]
    extra = {**rows[-1], "seed": 3, "score": 9.0}
    (line,) = search.table([*rows, extra])[2:]
    interval = stats.ttest_1samp(gains, 0).confidence_interval(0.95)
    half = (interval.high - interval.low) / 2
    said = f"+{np.mean(gains):.4f} ± {half:.4f}"
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[0] == "PM2.5, skill (3 seeds)"
    assert cells[1:5] == ["0.1000", "0.1000", "0.1000", "0.1133"]
    assert cells[5:8] == [said] * 3


def test_a_set_is_tried_as_the_table_of_parameters_says():
    search = importlib.import_module("search")
    for one in search.SETS.values():
        space = selection_space(one.kind.task, search.space_of(one))
        own = drawn_of(space, one.kind(**one.options))
        assert own is not None, "the default is the first trial"
        names = {dimension.name for dimension in selection_space(one.kind.task, None)}
        assert set(own) == names
