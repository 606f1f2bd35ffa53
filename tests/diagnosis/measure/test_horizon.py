"""From lag curves with a known decay to horizons, slopes and pictures."""

import math

import numpy as np
import pytest

from elman.diagnosis.measure._horizon import horizon_of, mean_curve
from elman.diagnosis.show._text import sparkline


def decay(rate, lags, rows=1):
    return np.tile(rate ** np.arange(lags + 1.0), (rows, 1))


def test_inside_the_window():
    found = horizon_of(decay(0.9, 200, 4))
    # 0.9^65 > 1e-3 > 0.9^66
    assert found.steps == 66
    assert not found.beyond_window
    assert found.rate == pytest.approx(math.log(0.9), rel=1e-12)
    assert found.error == 0


def test_beyond_the_window():
    found = horizon_of(decay(0.98, 100))
    assert found.beyond_window
    assert not found.capped
    assert found.steps == pytest.approx(math.log(1e-3) / math.log(0.98), rel=1e-10)
    assert math.isnan(found.error)  # one row has no error


@pytest.mark.parametrize("rate", [1.0, 1.1, 0.9999])
def test_no_decay_to_speak_of_is_cut_at_ten_windows(rate):
    found = horizon_of(decay(rate, 50))
    assert (found.steps, found.capped) == (500, True)


def test_one_outlier_does_not_bend_the_slope():
    curve = decay(0.98, 100)
    curve[0, 70] *= 50
    assert horizon_of(curve).rate == pytest.approx(math.log(0.98), rel=0.05)


def test_error_grows_with_the_spread_of_the_rows():
    rng = np.random.default_rng(0)
    errors = [
        horizon_of(
            np.concatenate([decay(r, 300) for r in 0.9 + s * rng.normal(size=20)])
        ).error
        for s in (0.001, 0.02)
    ]
    assert 0 <= errors[0] < errors[1]


def test_ragged_rows_count_as_far_as_a_quarter_of_them_reaches():
    rows = decay(0.5, 9, 4)
    rows[1:, 4:] = np.nan  # three of four end after 4 steps
    rows[1:3, 2:] = np.nan
    assert len(mean_curve(rows)) == 10
    rows[0, 6:] = np.nan
    assert len(mean_curve(rows)) == 6
    assert mean_curve(rows) == pytest.approx(0.5 ** np.arange(6.0))


@pytest.mark.parametrize(
    ("curve", "steps"),
    [([1.0], 10), ([0.0, 0.0], 0), ([np.inf, 1.0], 0), ([1.0, 0.0, 0.0], 1)],
)
def test_degenerate_curves(curve, steps):
    assert horizon_of(np.array([curve])).steps == steps


def test_sparkline():
    line = sparkline(decay(0.5, 59)[0], 60)
    assert len(line) == 60
    assert line[0] == "█"
    assert line.index("·") == 10  # 0.5^10 < 1e-3
    assert sparkline([], 5) == "·····"
    assert set(sparkline(decay(1.0, 9)[0])) == {"█"}
    assert sparkline(decay(1.5, 59)[0])[-1] == "█"
