"""The sequence classifier: what it learns, reports, keeps and refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import elman
from elman import InputError, SequenceClassifier
from sequence_data import rising_or_falling, sign_of_the_sum

SMALL = {"hidden_size": 8, "epochs": 12, "learning_rate": 0.02, "init": "default"}
QUICK = {**SMALL, "epochs": 2}


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_learns_which_way_a_sequence_goes(cell):
    x, y = rising_or_falling()
    later, truth = rising_or_falling(seed=1)
    model = SequenceClassifier(cell, **SMALL).fit(x, y)
    assert model.classes_.tolist() == ["down", "up"]
    assert model.score(later, truth) >= 0.95
    chances = model.predict_proba(later)
    assert chances.shape == (60, 2)
    np.testing.assert_allclose(chances.sum(1), 1, rtol=1e-14)
    assert (model.classes_[chances.argmax(1)] == model.predict(later)).all()


def test_learns_a_class_at_every_step():
    x, y = sign_of_the_sum()
    later, truth = sign_of_the_sum(seed=1)
    model = SequenceClassifier(
        bidirectional=False, dropout=0.0, **{**SMALL, "epochs": 40}
    ).fit(x, y)
    assert model.score(later, truth) > 0.9
    predicted = model.predict(later)
    assert [len(p) for p in predicted] == [len(s) for s in later]
    assert predicted[0].dtype == model.classes_.dtype
    assert model.predict_proba(later)[3].shape == (len(later[3]), 2)
    scores = model.evaluate(later, truth)
    assert [row["model"] for row in scores["rows"]] == [
        "network",
        "majority class",
        "ridge",
    ]


def test_steps_of_an_array_come_back_as_an_array():
    x = np.random.default_rng(0).normal(size=(20, 7, 1))
    y = (x[:, :, 0] > 0).astype(int)
    model = SequenceClassifier(**QUICK).fit(x, y)
    assert model.predict(x).shape == (20, 7)
    assert model.predict_proba(x).shape == (20, 7, 2)


def test_equal_seeds_give_equal_bits_and_the_global_state_is_left_alone():
    x, y = rising_or_falling()
    np.random.seed(5)
    first = SequenceClassifier(**QUICK, random_state=1).fit(x, y).predict_proba(x)
    drawn = np.random.rand()
    again = SequenceClassifier(**QUICK, random_state=1).fit(x, y).predict_proba(x)
    other = SequenceClassifier(**QUICK, random_state=2).fit(x, y).predict_proba(x)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    np.random.seed(5)
    assert np.random.rand() == drawn


def test_tiny_and_uneven_classes():
    x, _ = rising_or_falling(n=12)
    y = ["rare", *["common"] * 9, "twice", "twice"]
    model = SequenceClassifier(**QUICK).fit(x, y)
    assert set(model.predict(x)) <= {"rare", "common", "twice"}
    model.evaluate(x, y)
    json.dumps(model.results_, allow_nan=False)


def test_missing_values_are_learned_with():
    x, y = rising_or_falling()
    rng = np.random.default_rng(0)
    for s in x:
        s[rng.random(s.shape) < 0.2] = np.nan
    x[0][:] = np.nan
    model = SequenceClassifier(**SMALL).fit(x, y)
    assert model.preparation_.channels == 4
    assert model.score(x[1:], y[1:]) > 0.9
    assert any("filled" in note for note in model.results_["notes"])


def test_results_are_plain_data_with_everything_the_report_draws():
    x, y = rising_or_falling()
    model = SequenceClassifier(**{**QUICK, "init": "auto"}).fit(x, y)
    results = model.results_
    assert json.loads(json.dumps(results, allow_nan=False)) == results
    assert results["task"] == "classify"
    assert all(len(pair) == 2 for pair in results["question"])
    assert results["data"]["classes"] == {"down": 30, "up": 30}
    assert results["data"]["lengths"] == [len(s) for s in x]
    examples = results["data"]["examples"]
    assert [e["label"] for e in examples[:2]] == ["down", "up"]
    assert examples[0]["values"] == x[0].T.tolist()
    assert len(examples) <= 8
    assert set(results["diagnosis"]) == {
        "needed",
        "needed_source",
        "acf",
        "before",
        "after",
        "remedy",
        "remedies",
    }
    assert results["training"]["history"][0]["loss"] is None
    assert results["training"]["parameters"] == sum(
        p.numel() for p in model.network_.parameters()
    )
    assert results["environment"]["seed"] == 0
    assert results["scores"]["split"].startswith("validation: 12 sequences")


def test_evaluate_scores_network_and_baselines_on_the_same_sequences():
    x, y = rising_or_falling()
    later, truth = rising_or_falling(n=41, seed=1)
    model = SequenceClassifier(**SMALL).fit(x, y)
    scores = model.evaluate(later, truth)
    assert scores == model.results_["scores"]
    assert scores["split"].startswith("test: 41 sequences of 6 to 14 steps")
    rows = {row["model"]: row["values"] for row in scores["rows"]}
    assert rows["Elman"]["accuracy"] == model.score(later, truth)
    assert rows["majority class"]["accuracy"] == pytest.approx(21 / 41)
    assert rows["ridge"]["accuracy"] > 0.95
    confusion = model.results_["confusion"]
    assert confusion["labels"] == ["down", "up"]
    right = np.trace(confusion["matrix"]) / np.sum(confusion["matrix"])
    assert right == pytest.approx(rows["Elman"]["accuracy"])


def test_a_winning_baseline_is_named():
    x, y = rising_or_falling()
    later, truth = rising_or_falling(seed=1)
    model = SequenceClassifier(
        **{**QUICK, "learning_rate": 1e-9}, validation_fraction=0.0, highway="none"
    ).fit(x, y)
    scores = model.evaluate(later, truth)
    assert scores["winner"] in ("ridge", "1-nearest-neighbour")
    assert scores["verdict"].startswith(f"A baseline wins: {scores['winner']}")


_PREDICT = """
import sys, numpy as np, torch, elman
torch.set_num_threads(1)
data = np.load(sys.argv[2])
rows = [data[k] for k in sorted(data.files)]
np.save(sys.argv[3], elman.load(sys.argv[1]).predict_proba(rows))
"""


@pytest.mark.parametrize("labels", ["text", "numbers", "truth"])
def test_comes_back_from_its_directory_in_a_fresh_process(tmp_path, labels):
    x, y = rising_or_falling()
    y = {"text": y, "numbers": np.where(y == "up", 7, -2), "truth": y == "up"}[labels]
    model = SequenceClassifier("lstm", num_layers=2, pooling="attention", **QUICK)
    model.fit(x, y).save(tmp_path / "run")
    again = elman.load(tmp_path / "run")
    assert again.classes_.dtype == model.classes_.dtype
    assert np.array_equal(again.predict(x), model.predict(x))
    assert again.results_ == model.results_
    assert again.get_params() == model.get_params()
    if labels == "text":
        np.savez(tmp_path / "x.npz", **{f"{i:03}": s for i, s in enumerate(x)})
        arguments = [tmp_path / name for name in ("run", "x.npz", "out.npy")]
        subprocess.run(
            [sys.executable, "-c", _PREDICT, *map(str, arguments)],
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        fresh = np.load(tmp_path / "out.npy")
        assert np.array_equal(fresh, model.predict_proba(x))


def test_a_loaded_model_scores_without_baselines(tmp_path):
    x, y = rising_or_falling()
    SequenceClassifier(**QUICK).fit(x, y).save(tmp_path)
    scores = elman.load(tmp_path).evaluate(x, y)
    assert [row["model"] for row in scores["rows"]] == [
        "Elman",
        "linear models alone",
        "network alone",
    ]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"cell": "gruu"}, "cell .* did you mean 'gru'"),
        ({"hidden_size": -3}, "hidden_size must be at least 1, got -3"),
        ({"hidden_size": 2.5}, "hidden_size must be a whole number"),
        ({"num_layers": 0}, "num_layers must be at least 1"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ({"dropout": "half"}, "dropout must be a number"),
        ({"pooling": "meen"}, "pooling .* did you mean 'mean'"),
        ({"output": "steps"}, "output must be"),
        ({"init": "orthogonl"}, "init .* did you mean 'orthogonal'"),
        ({"init": "chrono", "cell": "rnn"}, "cell=.rnn. has none"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"batch_size": "some"}, "batch_size must be a whole number"),
        ({"learning_rate": -1.0}, "learning_rate must be positive"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"validation_fraction": 1.5}, "validation_fraction must be at least 0"),
        ({"random_state": "now"}, "random_state must be"),
    ],
)
def test_bad_parameters_name_themselves(parameters, words):
    x, y = rising_or_falling(n=10)
    with pytest.raises(InputError, match=words) as caught:
        SequenceClassifier(**parameters).fit(x, y)
    assert "\n" not in str(caught.value)


def test_bad_data_at_fit_and_predict():
    x, y = rising_or_falling()
    for given, labels, words in [
        (x[:1], y[:1], "one class"),
        (x, y[:-1], "X holds 60 sequences and y 59"),
        (x, ["up"] * 60, "one class only, 'up'"),
        ([], [], "0 sequences"),
    ]:
        with pytest.raises(InputError, match=words):
            SequenceClassifier(**QUICK).fit(given, labels)
    model = SequenceClassifier(**QUICK).fit(x, y)
    with pytest.raises(InputError, match="1 channels, the network was fitted with 2"):
        model.predict([s[:, :1] for s in x])
    model.evaluate(x[:2], ["up", "sideways"])
    assert "'sideways' (1 of 2 sequences" in model.results_["notes"][-1]
    assert model.score(x[:2], ["sideways", "sideways"]) == 0.0
    with pytest.raises(InputError, match="y holds numbers, such as 1, they are text"):
        model.evaluate(x[:2], [1, 2])
