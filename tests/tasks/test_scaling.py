"""Scaling: ordinary columns as usual, wild values without effect."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks._scaling import ClippedScaler


def test_an_ordinary_column_is_standardised_and_nothing_clipped():
    values = np.random.default_rng(0).normal(7, 3, (5000, 1))
    scaler = ClippedScaler.fit(values)
    scaled = scaler.transform(values)
    assert scaled.mean() == pytest.approx(0, abs=1e-12)
    assert scaled.std() == pytest.approx(1, abs=1e-12)
    assert scaler.clipped(values, ["x"]) == []
    np.testing.assert_allclose(scaler.inverse(scaled), values, rtol=1e-12)


@pytest.mark.parametrize("rows", [40, 300, 8000])
def test_a_broken_rain_gauge_changes_neither_scale_nor_centre(rows):
    rng = np.random.default_rng(1)
    rain = np.where(rng.random(rows) < 0.1, rng.exponential(2.0, rows), 0.0)
    broken = rain.copy()
    broken[rows // 2] = 9831.0
    clean, dirty = (ClippedScaler.fit(v[:, None]) for v in (rain, broken))
    assert dirty.scale[0] == pytest.approx(clean.scale[0], rel=0.2)
    assert np.abs(dirty.transform(broken[:, None])).max() < 60
    (note,) = dirty.clipped(broken[:, None], ["rain"])
    assert note.startswith("rain: clipped 1 of")
    assert "9831" in note


def test_a_gauge_that_is_almost_always_zero_keeps_its_rain():
    values = np.zeros((1000, 1))
    values[[10, 400, 700], 0] = [1.0, 2.0, 3.0]
    scaler = ClippedScaler.fit(values)
    assert scaler.clipped(values, ["rain"]) == []
    assert np.ptp(scaler.transform(values)) > 1


def test_constant_and_empty_columns_become_zero_and_stay_missing():
    values = np.column_stack([np.full(9, 4.0), np.full(9, np.nan)])
    scaled = ClippedScaler.fit(values).transform(values)
    assert (scaled[:, 0] == 0).all()
    assert np.isnan(scaled[:, 1]).all()


def test_missing_values_stay_missing_and_are_ignored():
    values = np.arange(10.0)[:, None]
    values[3] = np.nan
    scaler = ClippedScaler.fit(values)
    assert scaler.mean[0] == pytest.approx(np.nanmean(values))
    assert np.isnan(scaler.transform(values)[3, 0])


def test_tensors_bring_the_scaler_back():
    scaler = ClippedScaler.fit(np.random.default_rng(2).normal(size=(50, 3)))
    again = ClippedScaler.from_tensors("s", scaler.tensors("s"))
    for name in ("mean", "scale", "low", "high"):
        assert np.array_equal(getattr(again, name), getattr(scaler, name))
