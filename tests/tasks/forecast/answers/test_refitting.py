"""Backtests that fit again, and training that goes on."""

from __future__ import annotations

import copy

import numpy as np
import polars as pl
import pytest

import elman
from elman import InputError
from series import hourly, small

FIELDS = ("prediction", "linear", "lower", "upper")


@pytest.fixture(scope="module")
def fitted():
    frame = hourly(360)
    model = small(epochs=2, quantiles=(0.5,))
    return frame, model.fit(frame[:240], "load", "time", known="temperature")


def test_a_refit_is_the_fit_on_what_was_known(fitted):
    frame, model = fitted
    rolling = model.backtest(frame, start=96, stride=12, refit=3)
    plain = model.backtest(frame, start=96, stride=12)
    assert len(rolling) == len(plain) == 8
    assert np.array_equal(rolling.time, plain.time)
    assert np.array_equal(rolling.truth, plain.truth)
    assert not np.array_equal(rolling.linear[3:], plain.linear[3:])
    # The fourth origin, the second fit: all of it again, by hand.
    alone = model.backtest(frame, start=96 - 36, stride=12, refit=True)
    for field in FIELDS:
        first = getattr(alone, field)[0]
        np.testing.assert_allclose(getattr(rolling, field)[3], first, rtol=1e-6)
    assert rolling.quantiles[0].shape == rolling.truth.shape


@pytest.mark.parametrize(
    "how", [{"refit": True}, {"refit": 2, "window": 150}, {"refit": 4, "epochs": 1}]
)
def test_the_future_changes_no_forecast(fitted, how):
    frame, model = fitted
    row = 320
    later = pl.int_range(pl.len()) >= row
    disturbed = frame.with_columns(
        pl.when(later)
        .then(pl.col("load") * 3 - 50)
        .otherwise(pl.col("load"))
        .alias("load"),
        pl.when(later).then(-pl.col("gauge")).otherwise(pl.col("gauge")).alias("gauge"),
    )
    first, second = (
        model.backtest(one, start=56, stride=8, **how) for one in (frame, disturbed)
    )
    begin = frame["time"].to_numpy()[row]
    before = first.time[:, -1] < begin
    assert 0 < before.sum() < len(first)
    for field in FIELDS:
        one, other = getattr(first, field), getattr(second, field)
        np.testing.assert_array_equal(one[before], other[before])
    assert not np.array_equal(first.linear[~before], second.linear[~before])


def test_a_backtest_leaves_the_model_as_it_is(fitted):
    frame, model = fitted
    before = model.backtest(frame, start=48)
    model.backtest(frame, start=24, refit=4, epochs=1)
    again = model.backtest(frame, start=48)
    assert again.to_frame().equals(before.to_frame())


def test_refits_follow_a_series_that_changes():
    rng = np.random.default_rng(0)
    cause = rng.normal(size=500)
    effect = np.where(np.arange(500) < 250, 3.0, -3.0) * cause
    frame = pl.DataFrame({"y": effect + rng.normal(0, 0.3, 500), "x": cause})
    model = small(epochs=1, context=8).fit(frame[:250], "y", known="x")
    plain, recent = (
        np.abs(one.prediction - one.truth).mean()
        for one in (
            model.backtest(frame, start=100),
            model.backtest(frame, start=100, refit=2, window=120),
        )
    )
    assert recent < 0.6 * plain


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"window": 100}, "give refit=True"),
        ({"epochs": 1}, "give refit=True"),
        ({"refit": 0}, "refit must be at least 1"),
        ({"refit": 1, "window": 0}, "window must be at least 1"),
        ({"refit": 1, "window": 20}, "hold no window of 24 steps back and 6 ahead"),
        ({"refit": 1, "epochs": -1}, "epochs must be at least 0"),
    ],
)
def test_wrong_refits_are_one_line(fitted, how, message):
    frame, model = fitted
    with pytest.raises(InputError, match=message):
        model.backtest(frame, start=48, **how)


def test_training_goes_on_from_the_network_it_has(fitted, tmp_path):
    frame, first = fitted
    model = copy.deepcopy(first)
    weights = {k: v.clone() for k, v in model.network_.state_dict().items()}
    scaler = model.preparation_.scalers["target"]
    model.update(frame, epochs=2)
    assert model.preparation_.scalers["target"] is scaler
    history = model.results_["training"]["history"]
    assert [row["epoch"] for row in history] == [0, 1, 2]
    best = model.results_["training"]["best_epoch"]
    losses = [row["validation_loss"] for row in history]
    assert losses[best] == min(losses)
    changed = [
        name
        for name, value in model.network_.state_dict().items()
        if not np.array_equal(value.numpy(), weights[name].numpy())
    ]
    assert not best or "encoder.weight_hh_l0" in changed
    # It now stands at the end of the longer series, and comes back from disk so.
    ahead = frame.with_columns(
        pl.when(pl.int_range(pl.len()) < 340).then(pl.col("load")).alias("load")
    )
    assert model.predict(ahead)["time"][0] == frame["time"][340]
    model.save(tmp_path / "run")
    again = elman.load(tmp_path / "run").update(frame, epochs=1)
    assert np.isfinite(again.predict(ahead)["prediction"].to_numpy()).all()
    with pytest.raises(InputError, match="epochs must be at least 1"):
        model.update(frame, epochs=0)
    with pytest.raises(InputError, match="the series has 20 rows"):
        model.update(frame[:20])


def test_training_goes_on_with_x_and_y():
    frame = hourly(300)
    x, y = frame.select("time", "temperature"), frame["load"]
    model = small(epochs=1).fit(x[:240], y[:240])
    model.update(x[:290], y=y[:290], epochs=1)
    assert model.predict(x[290:296]).shape == (6,)
