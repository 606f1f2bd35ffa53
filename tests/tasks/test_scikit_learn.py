"""Every estimator under scikit-learn's tools: clones, folds, searches."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import elman
from elman.tasks import ESTIMATORS
from sequence_data import rising_or_falling, weighted_end
from series import hourly

QUICK = {"epochs": 1, "hidden_size": 6, "init": "default"}


def said(count):
    draw = np.random.default_rng(0)
    texts = ["ab"[int(i)] * 2 + " c" for i in draw.integers(0, 2, count)]
    return [draw.normal(size=(14, 2)) for _ in texts], texts


def data_of(task):
    if task == "forecast":
        frame = hourly(300)
        return frame.select("time", "temperature").to_pandas(), frame["load"].to_numpy()
    if task == "language":
        return [f"a line of words, number {i}\n" for i in range(60)], None
    if task == "translate":
        source = [f"{a} {b} ." for a in "abcdef" for b in "abcdef"]
        return source, [text.upper() for text in source]
    if task == "transcribe":
        return said(24)
    return rising_or_falling(n=40) if task == "classify" else weighted_end(n=40)


def quick(task):
    own = {"horizon": 6, "context": 12} if task == "forecast" else {}
    return ESTIMATORS[task](**QUICK, **own)


@pytest.mark.parametrize("task", list(ESTIMATORS))
def test_clones_have_the_parameters_and_nothing_else(task):
    model = quick(task).set_params(training__schedule="linear", learning_rate=0.02)
    copy = clone(model)
    assert copy is not model
    assert copy.get_params() == model.get_params()
    assert copy.training == {"schedule": "linear"}
    changed = clone(copy).set_params(hidden_size=4)
    assert (copy.hidden_size, changed.hidden_size) == (6, 4)
    with pytest.raises(ValueError, match="Invalid parameter 'hiden_size'"):
        copy.set_params(hiden_size=4)


@pytest.mark.filterwarnings("ignore:.*BLEU")
@pytest.mark.parametrize("task", list(ESTIMATORS))
def test_cross_validation_and_grid_search(task):
    X, y = data_of(task)
    folds = TimeSeriesSplit(2, test_size=40) if task == "forecast" else KFold(2)
    scores = cross_val_score(quick(task), X, y, cv=folds, error_score="raise")
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
    search = GridSearchCV(
        quick(task), {"hidden_size": [4, 6]}, cv=folds, error_score="raise"
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    # What cross_val_score found is the row of that configuration.
    again = [search.cv_results_[f"split{i}_test_score"][1] for i in range(2)]
    assert again == pytest.approx(scores, rel=1e-6)
    assert search.best_estimator_.hidden_size == search.best_params_["hidden_size"]


@pytest.mark.parametrize("task", ["classify", "regress"])
def test_halving_over_epochs_in_a_pipeline(task):
    X, y = data_of(task)
    X = np.stack([x[:6] for x in X])
    piped = make_pipeline(FunctionTransformer(lambda x: 2 * x), quick(task))
    name = type(piped[-1]).__name__.lower()
    search = HalvingGridSearchCV(
        piped,
        {f"{name}__cell": ["rnn", "gru"]},
        cv=KFold(2),
        resource=f"{name}__epochs",
        min_resources=1,
        max_resources=2,
        factor=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_estimator_[-1].epochs == 2
    assert len(search.predict(X)) == len(X)


def test_folds_in_processes_of_joblib_find_the_same():
    X, y = data_of("classify")
    one, two = (
        cross_val_score(quick("classify"), X, y, cv=2, n_jobs=jobs) for jobs in (1, 2)
    )
    assert np.array_equal(one, two)


def test_lines_of_a_text_are_the_text():
    lines, _ = data_of("language")
    whole, parts = (
        elman.LanguageModel(**QUICK).fit(text)
        for text in ("".join(lines), np.array(lines))
    )
    assert whole.score(lines) == whole.score("".join(lines)) == parts.score(lines)
    with pytest.raises(elman.InputError, match=r"text\[1\] must be a str"):
        elman.LanguageModel(**QUICK).fit(["a", 1])
