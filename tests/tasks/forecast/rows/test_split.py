"""Splits and windows: always in time order, and inside the series."""

from __future__ import annotations

import numpy as np
import pytest

from elman._errors import InputError
from elman.tasks.forecast.rows._split import split_series, test_row
from elman.tasks.forecast.rows._windows import origins_between

# Not a test, though its name begins like one.
row_of_test = test_row
del test_row


def test_origins_keep_windows_inside():
    assert origins_between(0, 20, 5, 3).tolist() == list(range(5, 18))
    assert origins_between(10, 20, 5, 3, stride=3).tolist() == [10, 13, 16]


def test_a_split_respects_time_and_says_what_is_missing():
    time = np.datetime64("2024-01-01", "s") + np.arange(300) * np.timedelta64(1, "h")
    split = split_series(
        time, 300, horizon=6, context=24, validation_fraction=0.2, test="2024-01-11"
    )
    assert (split.train_end, split.test_start, split.rows) == (192, 240, 300)
    assert row_of_test(time, 300, 60) == 240
    assert row_of_test(time, 300, 0.2) == 240
    for bad, message in [
        ("2030-01-01", "outside the series"),
        ("soon", "not a time"),
        (300, "leave rows"),
        (1.5, "below 1"),
        (True, "number of rows"),
    ]:
        with pytest.raises(InputError, match=message):
            row_of_test(time, 300, bad)
    with pytest.raises(InputError, match=r"series has 40 rows.*need about"):
        split_series(
            time, 40, horizon=6, context=24, validation_fraction=0.2, test=None
        )
    with pytest.raises(InputError, match="fewer than the horizon"):
        split_series(time, 300, horizon=6, context=24, validation_fraction=0.2, test=3)
