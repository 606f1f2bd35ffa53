"""What a series needs, on series whose answer is known, and on real ones."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from elman import InputError
from elman.diagnosis import needed_from_lengths, needed_horizon
from elman.diagnosis.need._autocorrelation import autocorrelation
from elman.diagnosis.need._peaks import prominences

DATA = Path(os.environ.get("ELMAN_DATA", "../shared/data"))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def autoregressive(phi, noise):
    x = np.zeros(len(noise))
    for t in range(1, len(x)):
        x[t] = phi * x[t - 1] + noise[t]
    return x


def column(file, name):
    path = DATA / file
    if not path.exists():
        pytest.skip(f"{path} is not here; set ELMAN_DATA to the data folder")
    with path.open(newline="") as lines:
        values = [row[name] for row in csv.DictReader(lines)]
    return np.array([np.nan if v == "NA" else float(v) for v in values])


def bikes(name="bikers"):
    hours = (column("bikeshare.csv", "day") - 1) * 24 + column("bikeshare.csv", "hr")
    series = np.full(365 * 24, np.nan)  # 115 hours are not in the file
    series[hours.astype(int)] = column("bikeshare.csv", name)
    return series


def test_hourly_rentals_need_a_week():
    need = needed_horizon(bikes())
    assert need.steps == 168
    assert need.source == (
        "autocorrelation of the target: peak at 168 steps (r = 0.86)"
    )
    assert need.acf[168] == pytest.approx(0.86, abs=0.005)


@pytest.mark.parametrize(
    ("file", "name", "steps"),
    [
        ("ETTh1.csv", "OT", {24}),
        ("ETTh1.csv", "HUFL", {24}),
        ("ETTh1.csv", "MULL", {24}),
        ("ETTh1.csv", "LULL", {24, 48}),
        ("beijing_pm25.csv", "TEMP", {24}),
        ("beijing_pm25.csv", "PRES", {24}),
        # No rhythm to speak of (r(24) = 0.40 on a slope): the haze of two days.
        ("beijing_pm25.csv", "pm2.5", set(range(36, 97))),
    ],
)
def test_real_hourly_series(file, name, steps):
    assert needed_horizon(column(file, name)).steps in steps


@pytest.mark.parametrize("transform", [np.sqrt, np.log1p, lambda x: 1000 * x - 7])
def test_a_change_of_scale_changes_nothing(transform):
    assert needed_horizon(transform(bikes())).steps == 168


def test_half_of_the_values_missing(rng):
    series = bikes()
    series[rng.random(len(series)) < 0.5] = np.nan
    assert needed_horizon(series).steps == 168


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("length", [60, 500, 3000])
def test_white_noise_needs_one_step(seed, length):
    need = needed_horizon(np.random.default_rng(seed).normal(size=length))
    # The bound allows one false alarm in twenty, and that of the nearest lags.
    assert need.steps <= 2
    if need.steps == 1:
        assert "no dependence found" in need.source


@pytest.mark.parametrize("drift", [0.0, 0.3])
def test_random_walk_needs_its_last_value(drift):
    needs = [
        needed_horizon(np.cumsum(np.random.default_rng(seed).normal(size=1500) + drift))
        for seed in range(20)
    ]
    known = [n for n in needs if n.differenced and n.steps <= 2]
    # The test for a random walk errs once in twenty; three in twenty has 2 % left.
    assert len(known) >= 17
    assert "the last value is all the past that matters" in known[0].source


def test_memory_of_an_autoregression_grows_with_its_coefficient(rng):
    noise = rng.normal(size=5000)
    steps = [
        needed_horizon(autoregressive(phi, noise)).steps for phi in (0, 0.5, 0.9, 0.97)
    ]
    assert steps == sorted(steps)
    assert steps[0] == 1
    # r(k) = 0.9^k meets Bartlett's noise, 3.9 sqrt((1 + 2 · 4.3) / 5000) = 0.17.
    assert steps[2] == pytest.approx(np.log(0.17) / np.log(0.9), abs=6)


@pytest.mark.parametrize("period", [4, 7, 12, 24, 50])
def test_period_under_noise(period, rng):
    time = np.arange(40 * period)
    wave = np.sin(2 * np.pi * time / period) + 0.7 * rng.normal(size=len(time))
    assert needed_horizon(wave).steps == pytest.approx(period, abs=period // 25)


@pytest.mark.parametrize("seed", range(5))
def test_weekly_profile_that_is_no_sine(seed):
    rng = np.random.default_rng(seed)
    profile = rng.normal(size=7)
    noise = autoregressive(0.5, rng.normal(size=700))
    assert needed_horizon(np.tile(profile, 100) + 0.5 * noise).steps == 7


def test_season_on_a_trend_and_on_a_wandering_level(rng):
    time = np.arange(400)
    season = 3 * np.sin(2 * np.pi * time / 12)
    assert needed_horizon(season + 0.5 * time + rng.normal(size=400)).steps == 12
    walk = np.cumsum(rng.normal(size=400))
    need = needed_horizon(season + walk)
    assert (need.steps, need.differenced) == (12, True)


def test_one_spike_does_not_own_the_variance(rng):
    series = bikes()
    series[1000] = 1e7
    assert needed_horizon(series).steps == 168


@pytest.mark.parametrize(
    ("series", "steps", "words"),
    [
        (np.full(100, 3.7), 1, "constant"),
        (np.zeros(100), 1, "constant"),
        (np.arange(100.0), 1, "straight line"),
        ([1.0, 2.0, 1.5], 2, "too few"),
        ([5.0], 1, "too few"),
        (np.where(np.arange(300) == 9, 1.0, np.nan), 299, "too few"),
        (np.r_[np.zeros(500), 9831.0, np.zeros(500)], 1, "no dependence"),
        (np.arange(1000) % 24, 24, "peak at 24"),
    ],
)
def test_odd_series_give_plain_answers(series, steps, words):
    need = needed_horizon(series)
    assert need.steps == steps
    assert words in need.source
    assert "nan" not in need.source
    assert isinstance(need.steps, int)


def test_plain_data():
    plain = needed_horizon(np.full(100, 3.7)).to_dict()
    assert plain["acf"] == []
    assert plain["bound"] is None


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (np.zeros((3, 2)), r"shape \(3, 2\)"),
        ([1.0, np.inf, 2.0], "infinite value at position 1"),
        ([np.nan, np.nan], "no value among 2"),
        (["a", "b"], "could not convert"),
    ],
)
def test_what_is_no_series(series, words):
    with pytest.raises(InputError, match=words):
        needed_horizon(series)


@pytest.mark.parametrize("max_lag", [0, -3])
def test_no_lag(max_lag):
    with pytest.raises(InputError, match="max_lag"):
        needed_horizon(np.arange(100.0), max_lag=max_lag)


def test_max_lag_hides_the_week():
    assert needed_horizon(bikes(), max_lag=100).steps == 24


def test_lengths():
    need = needed_from_lengths([7, 29, 15])
    assert (need.steps, need.source) == (
        15,
        "length of the sequences (median 15 steps)",
    )
    assert needed_from_lengths([0]).steps == 1
    for wrong in ([], [-1], [float("nan")]):
        with pytest.raises(InputError, match="lengths"):
            needed_from_lengths(wrong)


def test_autocorrelation_is_the_plain_sum_over_existing_pairs(rng):
    series = rng.normal(size=50)
    series[[3, 4, 20]] = np.nan
    z = series - np.nanmean(series)
    r, pairs = autocorrelation(series, 10)
    for k in range(11):
        products = z[: 50 - k] * z[k:]
        assert pairs[k] == np.isfinite(products).sum()
        assert r[k] == pytest.approx(np.nanmean(products) / np.nanmean(z**2), abs=1e-14)


def test_prominence():
    assert prominences(np.array([5.0, 1, 3, 2, 4, 0, 1])).tolist() == [
        0,
        0,
        1,
        0,
        3,
        0,
        0,
    ]
