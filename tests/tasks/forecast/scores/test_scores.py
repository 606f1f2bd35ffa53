"""Baselines and scores, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.forecast.scores._baselines import last_value, seasonal_naive
from elman.tasks.forecast.scores._scores import forecast_scores


def test_baselines_repeat_the_last_value_and_the_last_season():
    values = np.arange(20.0)[:, None]
    origins = np.array([10, 15])
    assert last_value(values, origins, 3)[:, :, 0].tolist() == [[9] * 3, [14] * 3]
    assert seasonal_naive(values, origins, 3, 7)[0, :, 0].tolist() == [3, 4, 5]
    assert seasonal_naive(values, origins, 5, 2)[0, :, 0].tolist() == [8, 9, 8, 9, 8]


def test_scores_by_hand():
    truth = np.array([[[1.0], [np.nan]], [[3.0], [5.0]]])
    prediction = np.array([[[2.0], [9.0]], [[3.0], [2.0]]])
    scale = np.array([[1.0], [2.0]])
    scores = forecast_scores(truth, prediction, scale)
    assert scores["MAE"] == pytest.approx(4 / 3)
    assert scores["RMSE"] == pytest.approx(np.sqrt(10 / 3))
    assert scores["MASE"] == pytest.approx(2 / 3)
