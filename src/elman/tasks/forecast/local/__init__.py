"""Local models of single series: smoothing, theta, autoregressions and simple ones.

Every one of them is a linear map from a window to the steps after it, of values or of
their logarithms, so that forecasts at many origins, of many series, are products of
matrices.
"""

from ._autoregression import Autoregression, fit_autoregressions
from ._filled import filled, first_values
from ._models import MOST_ROWS, LocalModel, local_models
from ._simple import Drift, LastValue, Mean, SeasonalNaive, Theta, WindowMap
from ._smoothing import TRENDS, Smoothing
from ._smoothing_fit import (
    LONGEST_SEASON,
    FittedSmoothing,
    fit_for_steps,
    fit_smoothing,
)

__all__ = [
    "LONGEST_SEASON",
    "MOST_ROWS",
    "TRENDS",
    "Autoregression",
    "Drift",
    "FittedSmoothing",
    "LastValue",
    "LocalModel",
    "Mean",
    "SeasonalNaive",
    "Smoothing",
    "Theta",
    "WindowMap",
    "filled",
    "first_values",
    "fit_autoregressions",
    "fit_for_steps",
    "fit_smoothing",
    "local_models",
]
