"""The linear part against scikit-learn's ridge regression."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from elman.tasks.forecast.columns._window_table import WindowTable
from elman.tasks.forecast.linear._linear import Choice, WindowRidge

CONTEXT, HORIZON = 5, 3


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(size=(200, 2)), 0) / 5
    return WindowTable(
        lags=values,
        truth=values.copy(),
        past=rng.normal(size=(200, 3)),
        known=rng.normal(size=(200, 4)),
    )


def features(table, origins, k, anchor):
    window = np.stack([table.lags[o - CONTEXT : o] for o in origins])
    level = {
        "zero": np.zeros((len(origins), 2)),
        "last": window[:, -1],
        "mean": window.mean(1),
    }[anchor]
    lags = (window - level[:, None]).reshape(len(origins), -1)
    return level, np.hstack([lags, table.past[origins - 1], table.known[origins + k]])


@pytest.mark.parametrize("anchor", WindowRidge.ANCHORS)
def test_predictions_are_those_of_ridge_regression(table, anchor):
    origins = np.arange(CONTEXT, 200 - HORIZON + 1)
    model, _ = WindowRidge.fit(table, origins, CONTEXT, HORIZON, Choice(anchor, 3.0))
    predicted = model.predict(table, origins)
    for k in range(HORIZON):
        level, x = features(table, origins, k, anchor)
        expected = Ridge(3.0).fit(x, table.truth[origins + k] - level).predict(x)
        np.testing.assert_allclose(predicted[:, k], level + expected, atol=1e-6)


def test_out_of_fold_predictions_never_saw_their_own_fold(table):
    origins = np.arange(CONTEXT, 200 - HORIZON + 1)
    _, honest = WindowRidge.fit(table, origins, CONTEXT, HORIZON, Choice("zero", 3.0))
    fold = np.arange(len(origins)) * 5 // len(origins)
    k = 1
    for f in range(5):
        inside = fold == f
        first, last = origins[inside][[0, -1]]
        near = (origins > first - k - 1) & (origins < last + k + 1)
        rest = ~inside & ~near
        _, x = features(table, origins, k, "zero")
        ridge = Ridge(3.0).fit(x[rest], table.truth[origins[rest] + k])
        np.testing.assert_allclose(
            honest[inside, k], ridge.predict(x[inside]), atol=1e-6
        )


def test_rows_without_truth_are_left_out(table):
    table.truth[50:60] = np.nan
    origins = np.arange(CONTEXT, 200 - HORIZON + 1)
    model, _ = WindowRidge.fit(table, origins, CONTEXT, HORIZON, Choice("zero", 1.0))
    seen = np.isfinite(table.truth[origins]).all(1)
    _, x = features(table, origins, 0, "zero")
    expected = Ridge(1.0).fit(x[seen], table.truth[origins[seen]]).predict(x)
    np.testing.assert_allclose(model.predict(table, origins)[:, 0], expected, atol=1e-6)


def test_a_random_walk_is_anchored_at_its_last_value():
    rng = np.random.default_rng(1)
    values = np.cumsum(rng.normal(size=(120, 1)), 0)
    nothing = np.zeros((120, 0))
    table = WindowTable(values, values, nothing, nothing)
    origins = np.arange(CONTEXT, 120 - HORIZON + 1)
    model, _ = WindowRidge.fit(table, origins, CONTEXT, HORIZON)
    assert model.anchor == "last"


def test_each_target_is_fitted_on_the_rows_where_it_was_observed(table):
    table.truth[:120, 1] = np.nan
    table.truth[::3, 0] = np.nan
    origins = np.arange(CONTEXT, 200 - HORIZON + 1)
    model, honest = WindowRidge.fit(table, origins, CONTEXT, HORIZON, ("last", 1.0))
    level, x = features(table, origins, 0, "last")
    for j in range(2):
        seen = np.isfinite(table.truth[origins, j])
        truth = table.truth[origins[seen], j] - level[seen, j]
        expected = level[:, j] + Ridge(1.0).fit(x[seen], truth).predict(x)
        np.testing.assert_allclose(
            model.predict(table, origins)[:, 0, j], expected, atol=1e-6
        )
    assert np.isfinite(honest).all()


def test_more_windows_than_are_fitted_on_leave_no_step_of_a_season_out(monkeypatch):
    """Windows kept at a fixed distance would see some steps of the season only."""
    rng = np.random.default_rng(2)
    rows, season = 6000, 24
    shape = rng.normal(size=season)
    values = (np.resize(shape, rows) + 0.1 * rng.normal(size=rows))[:, None]
    hot = np.eye(season)[np.arange(rows) % season]
    nothing = np.zeros((rows, 0))
    table = WindowTable(values, values, nothing, hot)
    origins = np.arange(CONTEXT, rows - HORIZON + 1)
    monkeypatch.setattr("elman.tasks.forecast.linear._linear._MOST_WINDOWS", 500)
    model, honest = WindowRidge.fit(table, origins, CONTEXT, HORIZON, ("zero", 0.1))
    ahead = origins[:, None] + np.arange(HORIZON)
    for predicted in (model.predict(table, origins), honest):
        wrong = np.abs(predicted - values[ahead])[:, 0, 0]
        by_step = [wrong[origins % season == s].mean() for s in range(season)]
        assert max(by_step) < 0.12  # the noise alone is 0.08


def test_the_squared_error_may_choose(table):
    origins = np.arange(CONTEXT, 200 - HORIZON + 1)
    table.truth[::17] += 40  # outliers, which only the squared error minds
    chosen = {
        squared: WindowRidge.fit(table, origins, CONTEXT, HORIZON, squared=squared)[0]
        for squared in (False, True)
    }
    assert chosen[True].alpha > chosen[False].alpha


def test_shared_weights_are_those_of_one_regression_on_all_targets(table):
    table.truth[60:70, 1] = np.nan
    origins = np.arange(CONTEXT, 200 - HORIZON + 1)
    choice = Choice("last", 3.0, shared=True)
    model, _ = WindowRidge.fit(table, origins, CONTEXT, HORIZON, choice)
    assert model.choice == choice
    k = 2
    level, x = features(table, origins, k, "last")
    lags = x[:, : 2 * CONTEXT]
    rest = np.hstack([x[:, 2 * CONTEXT :], np.ones((len(x), 1))])
    own = [np.hstack([lags[:, j::2], *np.roll([rest, 0 * rest], j, 0)]) for j in (0, 1)]
    truth = [table.truth[origins + k, j] - level[:, j] for j in (0, 1)]
    both, y = np.vstack(own), np.concatenate(truth)
    seen = np.isfinite(y)
    penalty = np.full(both.shape[1], 3.0)
    penalty[[CONTEXT + rest.shape[1] - 1, -1]] = 1e-8
    gram = both[seen].T @ both[seen] + np.diag(penalty)
    weights = np.linalg.solve(gram, both[seen].T @ y[seen])
    predicted = model.predict(table, origins)[:, k]
    for j in (0, 1):
        expected = level[:, j] + own[j] @ weights
        np.testing.assert_allclose(predicted[:, j], expected, atol=1e-6)


def test_targets_of_one_kind_share_their_weights():
    rng = np.random.default_rng(2)
    values = np.zeros((160, 6))
    for t in range(2, 160):
        values[t] = 1.2 * values[t - 1] - 0.5 * values[t - 2] + rng.normal(size=6)
    nothing = np.zeros((160, 0))
    table = WindowTable(values, values, nothing, nothing)
    origins = np.arange(CONTEXT, 160 - HORIZON + 1)
    model, _ = WindowRidge.fit(table, origins, CONTEXT, HORIZON)
    assert model.shared
    # Where one target leads another, its lags are needed.
    values = np.concatenate([rng.normal(size=(160, 1))] * 2, 1)
    values[1:, 1] = values[:-1, 0]
    table = WindowTable(values, values, nothing, nothing)
    model, _ = WindowRidge.fit(table, origins, CONTEXT, HORIZON)
    assert not model.shared
