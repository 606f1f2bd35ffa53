"""Nothing a forecaster learns or says before a moment depends on what came after."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from series import hourly, small


def disturbed(frame: pl.DataFrame, row: int) -> pl.DataFrame:
    """Replace everything from a row on by noise on another scale."""
    rng = np.random.default_rng(9)
    after = pl.int_range(pl.len()) >= row
    return frame.with_columns(
        pl.when(after)
        .then(pl.Series(rng.normal(500, 90, len(frame))))
        .otherwise(pl.col(name))
        .alias(name)
        for name in frame.columns
        if name != "time"
    )


@pytest.fixture(scope="module")
def pair():
    frame = hourly()
    other = disturbed(frame, 480)
    fits = [
        small().fit(f, "load", "time", known=["temperature"], test=120)
        for f in (frame, other)
    ]
    return frame, other, *fits


def test_the_future_changes_nothing_that_was_learned(pair):
    _, _, fitted, disturbed_fit = pair
    first, second = fitted._dump()[1], disturbed_fit._dump()[1]
    learned = [name for name in first if not name.startswith(("tail.", "recent."))]
    assert any(name.startswith("network.") for name in learned)
    for name in learned:
        assert np.array_equal(first[name].numpy(), second[name].numpy()), name
    assert fitted._dump()[0]["preparation"] == disturbed_fit._dump()[0]["preparation"]


def test_the_future_changes_no_earlier_forecast(pair):
    frame, other, fitted, _ = pair
    known_until = 480
    before = fitted.backtest(frame[:known_until])
    after = fitted.backtest(other[:known_until])
    assert np.array_equal(before.prediction, after.prediction)
    # The known temperature of the horizon counts, later rows do not.
    whole = fitted.backtest(other)
    inside = len(before)
    assert np.allclose(whole.prediction[:inside], before.prediction, rtol=1e-5)


def test_past_covariates_of_the_horizon_are_not_seen():
    frame = hourly()
    fitted = small().fit(frame, "load", "time", test=120)
    row = 500
    changed = frame.with_columns(
        pl.when(pl.int_range(pl.len()) >= row)
        .then(99.0)
        .otherwise(pl.col("temperature"))
        .alias("temperature")
    )
    first = fitted.backtest(frame[: row + 6], start=6).prediction
    second = fitted.backtest(changed[: row + 6], start=6).prediction
    assert np.array_equal(first, second)


def test_a_backtest_at_an_origin_is_a_prediction_made_there(pair):
    frame, _, fitted, _ = pair
    origin = 540
    tested = fitted.backtest(frame[: origin + 6], start=6)
    assert len(tested) == 1
    history = frame[: origin + 6].with_columns(
        pl.when(pl.int_range(pl.len()) < origin).then(pl.col("load")).alias("load")
    )
    predicted = fitted.predict(history)
    for name in ("prediction", "linear", "lower", "upper"):
        assert np.array_equal(
            predicted[name].to_numpy(), getattr(tested, name)[0, :, 0]
        ), name
    assert predicted["time"].to_list() == frame["time"][origin : origin + 6].to_list()


def test_scales_come_from_the_training_rows_alone():
    frame = hourly()
    fitted = small(validation_fraction=0.2).fit(frame, "load", "time", test=100)
    train = frame["load"].to_numpy()[: 500 - 100]
    assert fitted.preparation_.scalers["target"].mean[0] == pytest.approx(
        train.mean(), rel=1e-12
    )
