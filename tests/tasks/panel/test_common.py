"""How much of their errors series share."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import elman
from elman.tasks.panel import _fit
from elman.tasks.panel._common import windows_apart
from elman.tasks.panel._mixture import Mixture

SERIES, YEARS = 30, 18


def panel(common):
    """Return random walks, ``common`` of whose changes' variance is the same in all."""
    rng = np.random.default_rng(3)
    shared = rng.standard_normal((1, YEARS)) * common**0.5
    own = rng.standard_normal((SERIES, YEARS)) * (1 - common) ** 0.5
    values = (shared + own).cumsum(1)
    return pl.DataFrame(
        {
            "state": np.repeat(np.arange(SERIES), YEARS),
            "year": np.tile(np.arange(1990, 1990 + YEARS), SERIES),
            "value": values.ravel(),
        }
    )


@pytest.fixture
def seen(monkeypatch):
    """Return the origins that `tune` is told are apart, of every fit."""
    told = []
    tune = Mixture.tune

    def listening(self, series, origins, apart):
        found = tune(self, series, origins, apart)
        told.append((apart, self.power))
        return found

    monkeypatch.setattr(_fit.Mixture, "tune", listening)
    return told


def fitted(common):
    forecaster = elman.Forecaster(horizon=2, epochs=1, hidden_size=2, random_state=0)
    return forecaster.fit(panel(common), "value", "year", id="state", test=2)


def test_series_that_move_together_count_as_few(seen):
    for common in (0.0, 0.3, 0.95):
        fitted(common)
    own, some, shared = (apart for apart, _ in seen)
    assert own > 10 > some > shared
    assert 1 <= shared < 2


def test_the_power_is_at_most_twice_the_origins_apart(seen):
    fitted(0.95)
    apart, power = seen[0]
    assert power <= 2 * apart


def test_windows_of_other_series_do_not_overlap():
    series = SimpleNamespace(owner=np.repeat(np.arange(3), 20))
    mixture = SimpleNamespace(stride=1, horizon=4)
    one_each = np.array([16, 36, 56])
    assert windows_apart(series, one_each, mixture, 3.0) == 3
    # Errors in common: three windows tell as much as one.
    assert windows_apart(series, one_each, mixture, 1.0) == 1
    overlapping = np.array([13, 14, 15, 16, 17])
    assert windows_apart(series, overlapping, mixture, 1.0) == 2
    assert windows_apart(series, overlapping[:4], mixture, 1.0) == 1.75 / 4
