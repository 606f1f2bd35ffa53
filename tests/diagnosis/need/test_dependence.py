"""How far back a target depends on its inputs, on planted dependence and on noise."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import mse_loss

from elman import InputError, diagnose
from elman.diagnosis import forecast_dependence, needed_dependence
from elman.diagnosis.need._ridge import left_out
from readout import Last

DATA = Path(os.environ.get("ELMAN_DATA", "../shared/data"))


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def noise(rng, rows=400, steps=50, channels=3):
    return rng.normal(size=(rows, steps, channels))


@pytest.mark.parametrize("lag", [1, 6, 31, 47])
def test_one_step_so_long_ago(rng, lag):
    x = noise(rng)
    need = needed_dependence(x, x[:, -1 - lag, 1] + 0.5 * rng.normal(size=400))
    assert need.found
    assert need.steps == lag
    assert need.low <= lag <= need.high <= lag + 5
    assert need.p == 0.01
    assert 0.3 < need.explained < 0.8  # of 1 / 1.25 that could be
    assert f"inputs up to {lag} steps back matter" in need.source


def test_the_longest_of_several_counts(rng):
    x = noise(rng)
    y = x[:, -1, 0] + x[:, -9, 1] + x[:, -24, 2] + 0.3 * rng.normal(size=400)
    assert needed_dependence(x, y).steps == 23


def test_squares_and_products_are_seen(rng):
    x = noise(rng)
    assert needed_dependence(x, x[:, -13, 0] ** 2).steps == 12
    assert needed_dependence(x, x[:, -21, 0] * x[:, -21, 2]).steps == 20


def test_what_no_line_fits_is_seen_by_information(rng):
    x = noise(rng)
    y = np.sin(4 * x[:, -18, 1]) + 0.1 * rng.normal(size=400)
    assert needed_dependence(x, y, method="linear").explained < 0.1
    need = needed_dependence(x, y)
    assert need.found
    assert need.steps == 17
    assert need.source.startswith("mutual information")


def test_classes_by_number_and_by_name(rng):
    x = noise(rng)
    y = (x[:, -15, 2] > 0).astype(int) + (x[:, -15, 2] > 1)
    for labels in (y, np.array(["low", "high", "top"])[y]):
        assert 14 <= needed_dependence(x, labels).steps <= 16
    assert needed_dependence(x, y, method="information").steps == 14


def test_sequences_of_different_lengths(rng):
    x = [rng.normal(size=(n, 2)) for n in rng.integers(30, 60, 300)]
    y = [float(one[-22, 0]) for one in x]
    assert needed_dependence(x, y).steps == 21


@pytest.mark.parametrize("lag", [4, 30])
def test_a_target_each_step(rng, lag):
    x = rng.normal(size=(1, 2500))
    y = np.roll(x, lag, 1) + 0.3 * rng.normal(size=(1, 2500))
    need = needed_dependence(x, y, max_lag=60)
    assert need.steps == lag


def test_inputs_that_depend_on_their_own_past(rng):
    x = np.zeros(3000)
    for t in range(1, 3000):
        x[t] = 0.9 * x[t - 1] + rng.normal()
    y = np.roll(x, 17) + rng.normal(size=3000)
    need = needed_dependence(x[None], y[None], max_lag=60)
    assert need.low <= 17 <= need.high
    assert need.steps <= 20


def test_the_adding_problem_needs_nearly_all_of_it(rng):
    numbers, marks = rng.random((500, 80)), np.zeros((500, 80))
    row = np.arange(500)
    marks[row, rng.integers(0, 40, 500)] = marks[row, rng.integers(40, 80, 500)] = 1
    x = np.stack([numbers, marks], -1)
    assert needed_dependence(x, (numbers * marks).sum(1)).steps >= 75


@pytest.mark.parametrize("kind", ["numbers", "classes", "each step"])
def test_noise_is_seldom_taken_for_dependence(kind):
    false = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(60, 15, 2))
        y = {
            "numbers": rng.normal(size=60),
            "classes": rng.integers(0, 3, 60),
            "each step": rng.normal(size=(60, 15)),
        }[kind]
        false += needed_dependence(x, y).found
    # two tests at 5 % each: of 8, more than 3 come by chance in 1 of 200 draws
    assert false <= 3


def test_smooth_noise_is_no_dependence_either():
    false = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        x, y = (np.convolve(rng.normal(size=1519), np.ones(20), "valid") for _ in "xy")
        false += needed_dependence(x[None], y[None], max_lag=40, method="linear").found
    assert false <= 2


def test_too_few_samples_and_a_constant_target(rng):
    few = needed_dependence(noise(rng, 10), rng.normal(size=10))
    assert (few.found, few.steps) == (False, 49)
    assert "too few" in few.source
    constant = needed_dependence(noise(rng), np.ones(400))
    assert (constant.found, constant.steps) == (False, 1)


def test_forecast_of_a_season_and_of_noise(rng):
    time = np.arange(1500)
    season = np.zeros(1500)
    season[:24] = rng.normal(size=24)
    for t in range(24, 1500):
        season[t] = 0.9 * season[t - 24] + 0.4 * rng.normal()
    need = forecast_dependence(season, max_lag=60)
    assert need.steps == 24
    assert need.found
    assert not forecast_dependence(rng.normal(size=time.size), max_lag=60).found


def test_italian_days_need_hours(rng):
    path = DATA / "ItalyPowerDemand_TRAIN.ts"
    if not path.exists():
        pytest.skip(f"{path} is not here; set ELMAN_DATA to the data folder")
    rows = []
    for line in path.read_text().splitlines():
        if line and line[0] not in "#@":
            values, label = line.rsplit(":", 1)
            rows.append(([float(v) for v in values.split(",")], label))
    need = needed_dependence(np.array([r[0] for r in rows]), [r[1] for r in rows])
    # Winter and summer differ in the morning: hours 6 to 9 of 24.
    assert need.found
    assert need.explained > 0.5
    assert 1 <= need.low <= need.steps <= need.high <= 23
    shuffled = rng.permutation([r[1] for r in rows])
    assert not needed_dependence(np.array([r[0] for r in rows]), shuffled).found


def test_blocks_left_out_are_those_of_fits_without_them(rng):
    from sklearn.linear_model import Ridge

    for features in (7, 90):
        x, y = rng.normal(size=(60, features)), rng.normal(size=(60, 1))
        blocks = [slice(a, a + 12) for a in range(0, 60, 12)]
        errors, mean = left_out(x, y, blocks, 1)
        best = np.inf
        for penalty in (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0):
            wrong = np.zeros(60)
            for block in blocks:
                kept = np.ones(60, bool)
                kept[block] = False
                fit = Ridge(penalty * 60).fit(x[kept], y[kept])
                wrong[block] = y[block, 0] - fit.predict(x[block]).ravel()
            best = min(best, float((wrong**2).mean()))
        assert mean[0] == pytest.approx(best, rel=1e-4)  # the intercept costs 1e-6
        assert errors.mean() == pytest.approx(mean[0])


def model():
    return Last(torch.nn.GRU(3, 16, batch_first=True))


def test_a_diagnosis_asks_the_data():
    x = torch.randn(300, 60, 3)
    y = x[:, -31, :1] + 0.3 * torch.randn(300, 1)
    d = diagnose(model(), x, y, mse_loss, needed="data")
    assert 30 <= d.needed <= 34
    assert "inputs up to 30 steps back matter" in d.needed_source
    assert d.verdict == "vanishing"
    near = diagnose(model(), x, x[:, -4, :1], mse_loss, needed="data")
    assert (near.needed, near.verdict) == (3, "healthy")
    none = diagnose(
        model(), x, torch.randn(300, 1), mse_loss, needed="data", remedies=False
    )
    assert none.needed == 60
    assert "no evidence of a dependence" in none.needed_source


def test_more_batches_make_it_surer():
    batches = []
    for _ in range(8):
        x = torch.randn(32, 40, 3)
        batches.append((x, x[:, -21, :1] + torch.randn(32, 1)))
    (x, y), *more = batches
    d = diagnose(model(), x, y, mse_loss, needed="data", batches=more, remedies=False)
    assert 20 <= d.needed <= 24


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "lasso"}, "method: got 'lasso'"),
        ({"max_lag": 0}, "max_lag"),
    ],
)
def test_wrong_arguments(rng, arguments, message):
    with pytest.raises(InputError, match=message):
        needed_dependence(noise(rng, 30), np.ones(30), **arguments)


def test_wrong_shapes(rng):
    with pytest.raises(InputError, match="targets: 3 for 30"):
        needed_dependence(noise(rng, 30), np.ones(3))
    with pytest.raises(InputError, match="no sequences"):
        needed_dependence([], [])
    with pytest.raises(InputError, match="different numbers of channels"):
        needed_dependence([np.ones((5, 2)), np.ones((5, 3))], [1, 2])
    with pytest.raises(InputError, match=r"series: got shape \(5,\)"):
        forecast_dependence(np.ones(5))
    with pytest.raises(InputError, match="needed='data'"):
        diagnose(
            model(), (torch.randn(9, 5, 3),), torch.ones(9, 1), mse_loss, needed="data"
        )
