"""Fits record their gradient flow, and it changes nothing else."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
import torch

import elman
from elman.diagnosis import FlowRecorder, FlowWarning
from elman.tasks.fit._flow_record import EVERY, flow_report, watch_flow
from elman.training import Callback, Checkpoints


def sequences(count=24, steps=30, seed=0):
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(count, steps, 2))
    return X, np.where(X[:, 0, 0] > 0, "up", "down")


def classifier(**options):
    given = {"hidden_size": 6, "epochs": 12, "patience": None, "refit": False}
    return elman.SequenceClassifier(**{**given, "batch_size": 8, **options})


def test_the_record_is_part_of_the_results(tmp_path):
    model = classifier(pooling="last").fit(*sequences())
    flow = model.results_["training"]["flow"]
    assert flow["steps"] == [1, 1 + EVERY]
    assert flow["needed"] == 30
    names = {layer["name"] for layer in flow["layers"]}
    assert names == {"encoder.stack", "encoder.stack reverse"}
    assert flow["lags"][-1][1] == 29
    assert all(0 <= r <= 29 for layer in flow["layers"] for r in layer["reach"])
    model.save(tmp_path)
    assert elman.load(tmp_path).results_["training"]["flow"] == flow


def test_results_with_remedies_can_be_saved(tmp_path):
    """What no remedy has, such as a loss after training, is null in the file."""
    model = classifier(cell="rnn", pooling="last", epochs=2).fit(*sequences(steps=60))
    assert model.results_["diagnosis"]["remedies"]
    model.save(tmp_path)
    assert elman.load(tmp_path).results_ == model.results_


def test_forecasts_record_encoder_and_decoder():
    wave = np.sin(np.arange(300) / 4) + np.random.default_rng(0).normal(0, 0.1, 300)
    forecaster = elman.Forecaster(
        horizon=4, context=12, hidden_size=4, epochs=2, batch_size=16
    ).fit({"y": wave}, target="y", time="")
    flow = forecaster.results_["training"]["flow"]
    assert {layer["name"] for layer in flow["layers"]} == {"encoder", "decoder"}
    assert flow["needed"] <= 12
    json.dumps(flow, allow_nan=False)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_not_a_bit_of_the_weights_depends_on_it(cell):
    """Every step followed, against none but the first."""
    found = []
    for every in (1, 10**6):
        own = FlowRecorder(every=every, warn=False)
        model = classifier(cell=cell, callbacks=[own], num_layers=2, dropout=0.2)
        model.fit(*sequences())
        found.append(model.network_.state_dict())
        assert len(own.steps) == (36 if every == 1 else 1)
    for name, value in found[0].items():
        assert torch.equal(value, found[1][name]), name


def test_a_recorder_of_the_users_is_used_and_comes_first():
    own, other = FlowRecorder(every=3), Callback()
    recorder, callbacks = watch_flow([other, own])
    assert recorder is own
    assert callbacks == [own, other]
    assert watch_flow(())[0].every == EVERY
    assert flow_report(FlowRecorder(every=3), 7) is None


def test_it_warns_once_when_a_rate_far_too_high_kills_the_flow():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = classifier(cell="rnn", learning_rate=0.5, epochs=120, pooling="last")
        model.set_params(clip_norm=None).fit(*sequences())
    about_flow = [w for w in said if issubclass(w.category, FlowWarning)]
    assert len(about_flow) == 1
    assert "the gradient reaches" in str(about_flow[0].message)
    flow = model.results_["training"]["flow"]
    assert [alarm["kind"] for alarm in flow["alarms"]] == ["collapsed"]


def test_sound_trainings_raise_no_alarm():
    for cell in ("rnn", "gru", "lstm"):
        model = classifier(cell=cell, epochs=40, pooling="last").fit(*sequences())
        assert model.results_["training"]["flow"]["alarms"] == []


class Stop(Callback):
    """Interrupts after so many steps."""

    def __init__(self, after):
        self.after = after

    def on_step(self, state):
        if state.step == self.after:
            raise KeyboardInterrupt


def test_a_resumed_fit_has_the_record_of_an_uninterrupted_one(tmp_path):
    whole = classifier(epochs=20, callbacks=[FlowRecorder(every=4)])
    want = whole.fit(*sequences()).results_["training"]["flow"]
    assert len(want["steps"]) > 10
    cut = classifier(epochs=20, callbacks=[FlowRecorder(every=4), Stop(22)])
    cut.set_params(checkpoints=tmp_path).fit(*sequences())
    again = classifier(epochs=20, callbacks=[FlowRecorder(every=4)])
    again.set_params(checkpoints=Checkpoints(tmp_path, resume=True)).fit(*sequences())
    assert again.results_["training"]["flow"] == want
