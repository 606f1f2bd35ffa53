"""`elman.search`: chooses, stops, drops, says what it found."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

import elman
from elman import InputError
from elman._plain import plain
from elman.tasks.selection._outcome import Scored, bias, verdict
from sequence_data import rising_or_falling, weighted_end

QUICK = {
    "epochs": 2,
    "hidden_size": 6,
    "init": "default",
    "highway": "none",
    "refit": False,
    "bidirectional": False,
}


def classifier(**changes):
    return elman.SequenceClassifier(**QUICK | changes)


def found_by(**changes):
    X, y = rising_or_falling(40)
    given = {"space": {"lr": "1e-4..0.1:log"}, "trials": 3, "folds": 2, "seeds": 1}
    return elman.search(changes.pop("model", classifier()), X, y, **given | changes)


def test_a_better_rate_is_found_than_a_bad_one():
    X, y = weighted_end(120)
    model = elman.SequenceRegressor(**QUICK | {"epochs": 8, "hidden_size": 16})
    found = elman.search(
        model.set_params(learning_rate=1e-5),
        X,
        y,
        space={"lr": "1e-5..1e-1:log"},
        trials=8,
        folds=2,
        seeds=2,
    )
    results = found.results
    assert results["trials"][0]["params"] == {"learning_rate": 1e-5}
    assert found.params["learning_rate"] > 1e-3
    assert results["chosen"]["mean"] > results["default"]["mean"] + 0.5
    assert results["verdict"].startswith("The search helped by more than seeds do")
    assert found.estimator.learning_rate == found.params["learning_rate"]
    assert found.estimator.results_["search"] == results
    # What decides in the folds is the mean of the scores of fits in them.
    row = next(r for r in results["trials"] if r["params"] == found.params)
    assert row["score"] == pytest.approx(np.mean(row["folds"])) == found.score


def test_the_scores_are_those_of_scikit_learn_on_the_same_folds():
    X, y = weighted_end(60)
    model = elman.SequenceRegressor(**QUICK)
    found = elman.search(
        model,
        X[:40],
        y[:40],
        test=(X[40:], y[40:]),
        space={"cell": ["gru"]},
        folds=2,
        seeds=1,
    )
    from sklearn.model_selection import KFold, cross_val_score

    folds = KFold(2, shuffle=True, random_state=0)
    scores = cross_val_score(elman.SequenceRegressor(**QUICK), X[:40], y[:40], cv=folds)
    assert found.results["trials"][0]["folds"] == pytest.approx(scores, rel=1e-6)
    assert found.results["default"] is None
    assert "nothing better than the parameters it started from" in str(found)
    fitted = elman.SequenceRegressor(**QUICK).fit(X[:40], y[:40])
    assert found.results["chosen"]["scores"] == [fitted.score(X[40:], y[40:])]


def test_it_ends_when_all_has_been_tried_and_tries_nothing_twice():
    for sampler in ("tpe", "random", "grid"):
        found = found_by(space={"cell": ["gru", "rnn"]}, trials=9, sampler=sampler)
        rows = found.results["trials"]
        assert sorted(row["params"]["cell"] for row in rows) == ["gru", "rnn"]
        assert found.results["ended"] == "everything there is to try has been tried"


def test_epochs_and_seconds_are_a_budget_too():
    # Two folds of two epochs: over after the second trial.
    found = found_by(trials=None, epochs=7)
    assert [row["epochs"] for row in found.results["trials"]] == [4, 4]
    assert found.results["ended"] == "the budget of 7 epochs is over"
    with pytest.raises(InputError, match="no trial was over within 1e-06 seconds"):
        found_by(trials=None, seconds=1e-6)


def test_a_trial_worse_than_the_others_at_the_same_epoch_is_dropped():
    X, y = weighted_end(60)
    model = elman.SequenceRegressor(**QUICK | {"epochs": 5, "hidden_size": 12})
    space = {"lr": [0.03, 0.02, 0.01, 0.015, 0.025, 1e-6], "hidden": [12]}
    given = {"space": space, "sampler": "grid", "folds": 2, "seeds": 1, "seed": 14}
    rows = elman.search(model, X, y, **given).results["trials"]
    whole = elman.search(model, X, y, **given, prune=False).results["trials"]
    assert [row["params"] for row in rows] == [row["params"] for row in whole]
    place = [row["params"]["learning_rate"] for row in rows].index(1e-6)
    assert place >= 5, "the order that is drawn has the bad one at the end"
    assert rows[place]["ended"] == "dropped"
    assert rows[place]["score"] is None
    assert rows[place]["epochs"] < whole[place]["epochs"] == 10
    # The others are as they were.
    for row, same in zip(rows[:place], whole[:place], strict=True):
        assert row["score"] == same["score"]


def test_parameters_that_fail_are_a_trial_with_a_reason():
    found = found_by(
        space={"training__optimizer": ["adamw", "adagard"]}, sampler="grid"
    )
    failed = [r for r in found.results["trials"] if r["score"] is None]
    assert len(failed) == 1
    assert "did you mean 'Adagrad'" in failed[0]["ended"]
    assert found.params == {"training__optimizer": "adamw"}
    with pytest.raises(InputError, match="adagard"):
        found_by(model=classifier(training={"optimizer": "adagard"}))


def test_each_trial_is_told():
    lines = []
    found_by(say=lines.append)
    assert [line.split(":")[0] for line in lines[:3]] == [
        f"trial {i} of 3" for i in (1, 2, 3)
    ]
    assert "learning_rate=" in lines[0]
    assert ", best " in lines[0]
    assert lines[3].startswith("test, 8 sequences held out: chosen, seed 0")


def test_the_results_are_plain_and_the_estimator_is_left_alone():
    model = classifier(callbacks=[elman.training.Callback()])
    before = model.get_params()
    found = found_by(model=model)
    assert model.get_params() == before
    assert not hasattr(model, "network_")
    assert plain(found.results) == found.results
    assert found.estimator.callbacks == ()


def test_an_estimator_is_asked_for():
    with pytest.raises(InputError, match="GridSearchCV"):
        elman.search(make_pipeline(classifier()), [], [])
    with pytest.raises(InputError, match="seeds must be at least 1"):
        found_by(seeds=0)
    with pytest.raises(InputError, match="sampler must be one of tpe, random, grid"):
        found_by(sampler="TPE!")


@pytest.mark.parametrize(
    ("chosen", "default", "begins"),
    [
        ([0.9, 0.91, 0.9], None, "The search found nothing better"),
        ([0.9, 0.91, 0.9], [0.5, 0.52, 0.49], "The search helped by more than seeds"),
        ([0.9, 0.5, 0.7], [0.6, 0.7, 0.75], "The search did not beat"),
        ([0.5, 0.52, 0.49], [0.9, 0.91, 0.9], "The search chose worse"),
        ([0.9], [0.5], "One seed cannot tell"),
    ],
)
def test_the_verdict(chosen, default, begins):
    other = None if default is None else Scored(default)
    assert verdict(Scored(chosen), other, "accuracy").startswith(begins)


def test_the_bias_is_said():
    said = bias(0.95, 20, 0.9, "accuracy")
    assert "0.95, the best of 20 trials" in said
    assert "is 0.9, on the test part" in said
