"""Segments: when they are taken, how long they are, and that a run keeps them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

import elman
from elman import Forecaster, InputError
from elman.models import HighwayNetwork, SegmentNetwork
from elman.tasks.forecast._decoder import segment_of
from elman.tasks.forecast.rows._windows import kept
from elman.training import Checkpoints


@pytest.mark.parametrize(
    ("horizon", "context", "season", "segment"),
    [
        (96, 96, 24, 24),
        (48, 96, 24, 12),
        (168, 168, 168, 42),
        (96, 96, 1, 24),
        (96, 5, 1, 5),
        (3, 5, 7, 1),
        (720, 96, 24, 24),
    ],
)
def test_a_season_is_a_whole_number_of_segments(horizon, context, season, segment):
    assert segment_of("segments", horizon, context, season, known=False) == segment
    assert segment_of("steps", horizon, context, season, known=True) is None


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    rng = np.random.default_rng(0)
    t = np.arange(500)
    day = np.sin(2 * np.pi * t / 12)
    frame = {
        "a": day + 0.1 * rng.normal(size=500),
        "b": 2 * day + 0.1 * rng.normal(size=500),
        "plan": (t // 12 % 2).astype(float),
    }
    frame["a"] = frame["a"] + frame["plan"]
    model = Forecaster(
        horizon=24, context=30, decoder="segments", hidden_size=8, epochs=3
    )
    model.fit(frame, ["a", "b"], known="plan", test=60)
    return frame, model


def test_the_doctor_counts_segments(fitted):
    _, model = fitted
    assert isinstance(model.network_, SegmentNetwork)
    segment = model.network_.segment
    found = model.results_["diagnosis"]["before"]
    assert 1 <= found["needed"] <= -(-30 // segment)
    assert f"segments of {segment} steps" in found["needed_source"]


def test_a_run_directory_keeps_the_segments(fitted, tmp_path):
    frame, model = fitted
    again = elman.load(model.save(tmp_path / "run"))
    assert again.network_.segment == model.network_.segment
    ours, theirs = (m.backtest(frame, start=60) for m in (model, again))
    np.testing.assert_array_equal(ours.prediction, theirs.prediction)


def test_a_run_without_a_configuration_loads_by_its_parameters(fitted):
    _, model = fitted
    plain, tensors = model._dump()
    segment = plain.pop("network")["segment"]
    again = elman.Forecaster(**model.get_params())
    again._restore(plain | {"segment": segment}, tensors)
    assert again.network_.config() == model.network_.config()


def test_the_future_of_a_target_does_not_reach_its_forecast(fitted):
    frame, model = fitted
    later = {name: np.array(values) for name, values in frame.items()}
    for name in ("a", "b"):
        later[name][-24:] = 9.0
    start = {"start": 24, "stride": 24}
    ours, theirs = (model.backtest(f, **start) for f in (frame, later))
    np.testing.assert_array_equal(ours.prediction, theirs.prediction)


def test_short_horizons_go_step_by_step():
    assert segment_of("auto", 24, 168, 24, known=False) is None
    assert segment_of("auto", 24, 168, 24, known=True) == 6
    assert segment_of("auto", 23, 168, 24, known=True) is None
    assert segment_of("auto", 48, 168, 24, known=False) == 12
    assert segment_of("auto", 48, 20, 1, known=False) is None
    values = {"y": np.sin(np.arange(120) / 3)}
    model = Forecaster(horizon=4, context=8, hidden_size=4, epochs=1).fit(values, "y")
    assert isinstance(model.network_, HighwayNetwork)


def test_an_unknown_decoder_is_refused():
    with pytest.raises(InputError, match="decoder must be one of auto, steps, segm"):
        Forecaster(decoder="segment").fit({"y": np.arange(100.0)}, "y")


def test_only_so_many_forecasts_are_held_at_once():
    origins = np.arange(100, 1100)
    assert np.array_equal(kept(origins, 4, 2, 8000), origins)
    some = kept(origins, 40, 10, 8000)
    assert len(some) == 20
    assert (np.diff(some) > 0).all()
    assert len(kept(origins, 720, 1000, 8000)) == 1


def test_long_and_wide_forecasts_are_fitted_on_fewer_windows(fitted, monkeypatch):
    frame, model = fitted
    monkeypatch.setattr("elman.tasks.forecast._fit._MOST_TRAINING_VALUES", 24 * 2 * 50)
    monkeypatch.setattr("elman.tasks.forecast._fit._MOST_VALIDATION_VALUES", 24 * 2 * 5)
    seen = []

    class Counting(elman.training.Callback):
        def on_step(self, *_, **__):
            seen.append(1)

    few = clone(model).set_params(batch_size=25, epochs=1, callbacks=[Counting()])
    few.fit(frame, ["a", "b"], known="plan", test=60)
    assert len(seen) == 2
    assert np.isfinite(few.backtest(frame, start=60).prediction).all()


class StoppedError(Exception):
    """What ends a fit in its middle."""


class Stops(elman.training.Callback):
    def on_epoch(self, state):
        if state.epoch == 2:
            raise StoppedError


def test_a_fit_that_was_stopped_goes_on_as_if_it_had_not(fitted, tmp_path):
    frame, model = fitted
    known = {"known": "plan", "test": 60}
    place = tmp_path / "checkpoints"
    cut = clone(model).set_params(
        checkpoints=Checkpoints(place, every_steps=1), callbacks=[Stops()]
    )
    with pytest.raises(StoppedError):
        cut.fit(frame, ["a", "b"], **known)
    again = clone(model).set_params(checkpoints=Checkpoints(place, resume=True))
    again.fit(frame, ["a", "b"], **known)
    ours, theirs = (m.backtest(frame, start=60) for m in (model, again))
    np.testing.assert_array_equal(ours.prediction, theirs.prediction)
