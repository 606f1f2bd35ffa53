"""Trials whose gradients cannot reach what the data need: said, and not trained."""

from __future__ import annotations

import numpy as np
import pytest

import elman
from elman.data import load_bikeshare
from elman.tasks.fit import _reach
from elman.tasks.fit._reach import Hopeless, Judge, Reach, judging
from elman.tasks.selection._space import space_of

STEPS = 60
# At this rate no practice lengthens what a network reaches.
SLOW = {
    "cell": "lstm",
    "hidden_size": 8,
    "learning_rate": 1e-6,
    "epochs": 1,
    "bidirectional": False,
    "refit": False,
    "highway": "none",
}


def first_step(count=120):
    X = np.random.default_rng(0).normal(size=(count, STEPS, 1))
    return X, X[:, 0, 0]


@pytest.fixture(autouse=True)
def _short_fits_are_looked_at_too(monkeypatch):
    monkeypatch.setattr(_reach, "_WORTH", 0)


def found_by(**changes):
    lines = []
    model = elman.SequenceRegressor(**SLOW | changes.pop("model", {}))
    given = {"space": {"init": "chrono,default"}, "folds": 2, "seeds": 1, "trials": 2}
    found = elman.search(model, *first_step(), say=lines.append, **given | changes)
    return found.results, lines


@pytest.fixture(scope="module")
def trained():
    return found_by(model={"init": "chrono"}, skip_hopeless=False)[0]


def test_a_trial_that_reaches_too_little_is_not_trained(trained):
    results, lines = found_by(model={"init": "chrono"})
    reaching, short = results["trials"]
    assert (reaching["params"], reaching["ended"]) == ({"init": "chrono"}, "finished")
    assert reaching["reach"]["steps"] >= reaching["reach"]["needed"]
    assert reaching["reach"]["practised"] == []
    needed = short["reach"]["needed"]
    assert needed == STEPS - 1
    assert short["reach"]["steps"] < 20
    assert [n for n, _ in short["reach"]["practised"]] == [64, 128]
    assert short["ended"].startswith("hopeless: gradients reach 1")
    assert f" of {needed} steps" in short["ended"]
    assert (short["score"], short["folds"], short["epochs"]) == (None, [], 0)
    assert short["seconds"] > 0
    assert lines[1].startswith(f"trial 2 of 2: {short['ended']} (init=default)")
    assert results["chosen"]["params"] == {"init": "chrono"}
    # What is trained is not changed by having been looked at.
    assert reaching["score"] == trained["trials"][0]["score"]


def test_it_is_trained_if_that_is_asked_for(trained):
    short = trained["trials"][1]
    assert (short["params"], short["ended"]) == ({"init": "default"}, "finished")
    assert short["reach"]["steps"] < 20
    assert short["reach"]["practised"] == []
    assert len(short["folds"]) == 2


@pytest.mark.parametrize(
    "changes",
    [
        # The best so far does not reach it either.
        {"model": {"init": "default"}, "space": {"lr": [1e-6, 2e-6]}},
        # Linear models stand beside the network.
        {"model": {"init": "chrono", "highway": "auto"}},
        # The targets do not depend on the inputs, as far as one can see.
        {"model": {"init": "chrono"}, "noise": True},
    ],
)
def test_what_may_be_worth_it_is_trained(changes, monkeypatch):
    if changes.pop("noise", False):
        X = first_step()[0]
        noise = np.random.default_rng(7).normal(size=len(X))
        monkeypatch.setitem(globals(), "first_step", lambda: (X, noise))
    results, _ = found_by(**changes)
    assert [row["ended"] for row in results["trials"]] == ["finished", "finished"]


def test_practice_that_lengthens_the_reach_is_believed():
    """At a rate that learns, the same start is not called hopeless."""
    X, y = first_step()
    model = elman.SequenceRegressor(**SLOW | {"init": "default"})
    with judging(judge := Judge(ends=True)), pytest.raises(Hopeless, match="of 59"):
        model.fit(X, y)
    assert len(judge.needs) == 1
    model.set_params(learning_rate=0.03, hidden_size=24, cell="gru")
    with judging(again := Judge(ends=True, needs=judge.needs)):
        model.fit(X, y)
    assert again.reach.steps < 20 < again.reach.practised[-1][1]
    assert len(judge.needs) == 1, "the same data are not asked twice"


def test_looking_twice_costs_little_beside_what_follows(monkeypatch):
    monkeypatch.undo()
    model = elman.SequenceRegressor(**SLOW | {"init": "default"})
    with judging(judge := Judge(ends=True, fits=3)):
        model.fit(*first_step())
    assert judge.reach.short
    assert judge.reach.practised == ()


def test_a_forecast_says_what_its_diagnosis_says():
    model = elman.Forecaster(horizon=4, context=48, epochs=1, hidden_size=8)
    model.set_params(init="default")
    with judging(judge := Judge(ends=True)):
        model.fit(load_bikeshare()[:700], target="count", time="time")
    said = model.results_["diagnosis"]
    assert judge.reach == Reach(said["before"]["horizon"], said["needed"])
    assert judge.reach.short


def test_initialisations_can_be_tried():
    (one,) = space_of("classify", {"init": "auto,default,orthogonal"})
    assert one.values == ("auto", "default", "orthogonal")
    assert one.option("orthogonal") == ["--init", "orthogonal"]
