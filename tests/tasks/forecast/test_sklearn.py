"""The forecaster under scikit-learn's tools."""

from __future__ import annotations

import pickle
from contextlib import nullcontext

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone, is_regressor
from sklearn.compose import make_column_transformer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import elman
from elman import InputError
from series import hourly, small

QUICK = {"horizon": 12, "context": 24, "epochs": 1, "init": "default", "hidden_size": 4}
FOLDS = TimeSeriesSplit(2, test_size=40)


def quick(**changes):
    return elman.Forecaster(**{**QUICK, **changes})


def apart(rows=400, kind="pandas"):
    frame = hourly(rows)
    x, y = frame.select("time", "temperature"), frame["load"]
    if kind == "pandas":
        index = pd.DatetimeIndex(frame["time"].to_numpy())
        x = pd.DataFrame({"temperature": frame["temperature"].to_numpy()}, index=index)
        y = pd.Series(frame["load"].to_numpy(), index=index, name="load")
    return x, y


@pytest.fixture(scope="module")
def fitted():
    x, y = apart()
    return quick(epochs=3).fit(x[:340], y[:340])


def test_x_and_y_are_the_frame_with_all_of_x_known(fitted):
    frame = hourly(400)
    named = quick(epochs=3).fit(
        frame[:340], "load", "time", known="temperature", ignore="gauge"
    )
    x, _ = apart()
    ahead = frame.with_columns(
        pl.when(pl.int_range(pl.len()) < 340).then(pl.col("load")).alias("load")
    )[:352]
    expected = named.predict(ahead)["prediction"].to_numpy()
    np.testing.assert_array_equal(fitted.predict(x[340:352]), expected)
    assert list(fitted.feature_names_in_) == ["time", "temperature"]
    assert fitted.n_features_in_ == 2
    assert named.n_features_in_ == 4
    assert is_regressor(fitted)


@pytest.mark.parametrize("steps", [1, 12, 30])
def test_a_prediction_has_a_row_for_each_of_x(fitted, steps):
    x, y = apart()
    said = (
        pytest.warns(UserWarning, match="from step 13") if steps > 12 else nullcontext()
    )
    with said:
        found = fitted.predict(x[340 : 340 + steps])
    assert found.shape == (steps,)
    assert np.abs(found - y[340 : 340 + steps]).mean() < y.std()


def test_rows_between_are_forecast_and_left_out(fitted):
    x, _ = apart()
    near = fitted.predict(x[340:352])
    assert np.isfinite(fitted.predict(x[344:352])).all()
    assert fitted.predict(x[344:352]).shape == near[4:].shape
    with pytest.raises(InputError, match="the rows of fit end at"):
        fitted.predict(x[300:352])


def test_the_score_is_one_less_the_error_over_the_naive_one(fitted):
    x, y = apart()
    score = fitted.score(x[340:], y[340:])
    assert score == fitted.score(x[340:].assign(load=y[340:]))
    rolling = fitted.backtest(x.assign(load=y), start=60, stride=12)
    truth, seen = rolling.truth[:, :, 0], y.to_numpy()
    rows = 340 + 12 * np.arange(5)[:, None] + np.arange(12)
    assert np.array_equal(truth, seen[rows])
    naive = seen[rows - 24]
    ours = np.abs(rolling.prediction[:, :, 0] - truth).mean()
    expected = 1 - ours / np.abs(naive - truth).mean()
    assert score == pytest.approx(expected, rel=1e-5)
    # On its own, without what was before, the first context is not scored.
    assert fitted.score(x[300:], y[300:]) != score


def test_it_is_kept_by_pickle_and_run_directory(fitted, tmp_path):
    x, y = apart()
    fitted.save(tmp_path / "run")
    pickled = pickle.loads(pickle.dumps(fitted))  # noqa: S301
    for again in (pickled, elman.load(tmp_path / "run")):
        assert np.array_equal(again.predict(x[340:352]), fitted.predict(x[340:352]))
        assert again.score(x[340:], y[340:]) == fitted.score(x[340:], y[340:])
        assert list(again.feature_names_in_) == ["time", "temperature"]


def test_targets_without_features_arrays_and_several():
    _, y = apart(300)
    alone = quick().fit(None, y[:280])
    times = pd.DataFrame(index=y.index[280:288])
    assert alone.predict(times).shape == (8,)
    rng = np.random.default_rng(0)
    values = np.column_stack([y, np.roll(y, 3)])
    plain = quick().fit(rng.normal(size=(280, 3)), values[:280])
    assert plain.n_features_in_ == 3
    assert not hasattr(plain, "feature_names_in_")
    assert plain.predict(rng.normal(size=(8, 3))).shape == (8, 2)
    counted = quick().fit(np.arange(280)[:, None], y.to_numpy()[:280])
    assert counted.predict(np.arange(280, 290)[:, None]).shape == (10,)


def test_searches_and_cross_validation():
    x, y = apart()
    search = GridSearchCV(
        quick(), {"training__schedule": ["cosine"], "context": [12, 24]}, cv=FOLDS
    ).fit(x, y)
    assert search.best_params_["context"] in (12, 24)
    assert search.best_estimator_.training == {"schedule": "cosine"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    halving = HalvingGridSearchCV(
        quick(),
        {"context": [12, 24]},
        cv=FOLDS,
        resource="epochs",
        min_resources=1,
        max_resources=2,
        factor=2,
    ).fit(x, y)
    assert halving.best_estimator_.epochs == 2
    drawn = RandomizedSearchCV(quick(), {"context": [12, 24]}, n_iter=1, cv=FOLDS)
    assert drawn.fit(hourly(400), target="load", time="time").best_index_ == 0
    errors = cross_val_score(
        quick(horizon=40), x, y, cv=FOLDS, scoring="neg_mean_absolute_error"
    )
    assert errors.shape == (2,)
    assert (errors < 0).all()


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_pipelines_and_containers(container):
    x, y = apart(300)
    scaled = make_column_transformer(
        (StandardScaler(), ["temperature"]), verbose_feature_names_out=False
    )
    model = make_pipeline(scaled, quick()).set_output(transform=container)
    found = model.fit(x[:280], y[:280]).predict(x[280:290])
    assert found.shape == (10,)
    forecaster = clone(quick().set_output(transform=container)).fit(x[:280], y[:280])
    library = {"pandas": pd, "polars": pl}[container]
    assert isinstance(forecaster.predict(x[280:290]), library.DataFrame)
    assert list(forecaster.predict(x[280:290]).columns) == ["load"]
    with pytest.raises(InputError, match="did you mean 'pandas'"):
        forecaster.set_output(transform="panda")


def test_parameters_inside_training_are_parameters():
    model = quick(training={"schedule": "cosine"})
    assert model.get_params()["training__schedule"] == "cosine"
    assert "training__schedule" not in model.get_params(deep=False)
    assert clone(model).get_params() == model.get_params()
    model.set_params(training__schedule="linear", context=12)
    assert (model.training, model.context) == ({"schedule": "linear"}, 12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (lambda x, y: (x, y[:-1]), "X has 300 rows and y 299"),
        (lambda x, y: (x.assign(load=1.0), y), "X has a column 'load' as y has"),
        (lambda x, y: (x,), "target is missing"),
        (lambda x, y: (x, np.zeros((300, 2, 2))), r"y has shape \(300, 2, 2\)"),
    ],
)
def test_wrong_uses_are_one_line(arguments, message):
    x, y = apart(300)
    with pytest.raises(InputError, match=message) as caught:
        quick().fit(*arguments(x, y))
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="y and target="):
        quick().fit(x, "load", y=y)


def test_a_frame_with_names_is_scored_too():
    frame = hourly(300)
    assert np.isfinite(small(epochs=1).fit(frame[:260], "load").score(frame[260:]))
