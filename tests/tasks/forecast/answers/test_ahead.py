"""Forecasts of another length than the one fitted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import elman
from elman import InputError
from series import hourly, small


@pytest.fixture(scope="module")
def fitted():
    frame = hourly(400)
    return frame, small(epochs=2).fit(frame, "load", "time", ignore="temperature")


def test_fewer_steps_are_the_first(fitted):
    frame, model = fitted
    assert model.predict(frame, 4).equals(model.predict(frame)[:4])
    assert model.predict(horizon=1).equals(model.predict()[:1])


def test_more_steps_go_on_from_the_forecasts(fitted):
    frame, model = fitted
    with pytest.warns(UserWarning, match="from step 7 on .*; gauge keep") as said:
        found = model.predict(frame, 15)
    assert len(said) == 1
    assert len(found) == 15
    first = found[:6]
    assert first.equals(model.predict(frame))
    last = frame["gauge"][-1]
    more = first.select("time", load="prediction", gauge=pl.lit(last))
    more = more.with_columns(temperature=pl.lit(None, pl.Float64))
    longer = pl.concat([frame, more.select(frame.columns)])
    again = model.predict(longer)
    for column in ("time", "prediction", "linear"):
        expected, got = again[column].to_numpy(), found[column][6:12].to_numpy()
        if column == "time":
            assert np.array_equal(expected, got)
        else:
            np.testing.assert_allclose(got, expected, rtol=1e-5)
    # The interval of step 7 and later is wider than on its own.
    width = (found["upper"] - found["lower"])[6:12].to_numpy()
    assert (width > (again["upper"] - again["lower"]).to_numpy()).all()


def test_kept_rows_answer_as_the_frame_does(fitted, tmp_path):
    frame, model = fitted
    model.save(tmp_path / "run")
    with pytest.warns(UserWarning, match="from step 7"):
        expected = model.predict(frame, 20)
    for one in (model, elman.load(tmp_path / "run")):
        with pytest.warns(UserWarning, match="from step 7"):
            assert one.predict(horizon=20).equals(expected)


def test_known_columns_are_needed_all_the_way():
    frame = hourly(400)
    model = small(epochs=1).fit(frame[:380], "load", "time", known="temperature")
    missing = r"\(temperature\) have 0 of the next 8 rows"
    with pytest.raises(InputError, match=missing):
        model.predict(horizon=8)
    ahead = frame.with_columns(
        pl.when(pl.int_range(pl.len()) < 380).then(pl.col("load")).alias("load")
    )
    with pytest.warns(UserWarning, match="from step 7"):
        assert len(model.predict(ahead, 20)) == 20
    with pytest.raises(InputError, match="have 20 of the next 21 rows"):
        model.predict(ahead, 21)


@pytest.mark.parametrize(
    ("horizon", "message"),
    [(0, "horizon must be at least 1"), (2.5, "horizon must be a whole number")],
)
def test_horizons_that_are_none(fitted, horizon, message):
    with pytest.raises(InputError, match=message):
        fitted[1].predict(horizon=horizon)


def test_several_targets_with_gaps():
    frame = hourly(300).with_columns(
        pl.when(pl.int_range(pl.len()) % 7 == 0)
        .then(None)
        .otherwise(pl.col("load"))
        .alias("load"),
        other=pl.col("load") * 2,
    )
    model = small(epochs=1).fit(frame, ["load", "other"], "time", past=())
    with pytest.warns(UserWarning, match="from step 7"):
        found = model.predict(horizon=10)
    assert len(found) == 20
    assert np.isfinite(found["prediction"].to_numpy()).all()
    inside = found["lower"] <= found["prediction"]
    assert inside.all()
