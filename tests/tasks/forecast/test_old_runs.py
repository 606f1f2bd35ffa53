"""Run directories as the first version wrote them, without local models."""

from __future__ import annotations

import hashlib
import tomllib

import numpy as np
import polars as pl
import pytest
import tomli_w
from safetensors.numpy import load_file, save_file

import elman
from elman._errors import InputError

# All that such a directory holds, below [parameters] and [fitted] of run.toml.
PARAMETERS = {
    "batch_size",
    "cell",
    "clip_norm",
    "context",
    "dropout",
    "epochs",
    "hidden_size",
    "horizon",
    "init",
    "learning_rate",
    "level",
    "loss",
    "num_layers",
    "patience",
    "progress",
    "random_state",
    "scale",
    "validation_fraction",
    "weight_decay",
    "windows_per_epoch",
}
FITTED = {"horizon", "context", "anchor", "alpha", "missing", "origin", "axis"}
PREPARATION = {"targets", "known", "past", "transforms", "switches", "season"}
PREPARATION |= {"floors", "flags", "calendar"}
CALENDAR = {"slots", "week", "months", "year"}


def as_first_written(directory):
    """Leave of a run directory what the first version wrote."""
    run = tomllib.loads((directory / "run.toml").read_text())
    del run["none"]
    kept = {name: run["parameters"].get(name) for name in PARAMETERS}
    kept["patience"] = kept["patience"] or 4
    run["parameters"] = {n: v for n, v in kept.items() if v is not None}
    fitted = {n: v for n, v in run["fitted"].items() if n in FITTED}
    prepared = run["fitted"]["preparation"]
    fitted["preparation"] = {n: v for n, v in prepared.items() if n in PREPARATION}
    calendar = prepared["calendar"]
    fitted["preparation"]["calendar"] = {n: calendar[n] for n in CALENDAR}
    fitted["axis"].pop("form")
    run["fitted"] = fitted
    tensors = load_file(directory / "model.safetensors")
    tensors = {n: v for n, v in tensors.items() if not n.startswith("recent.")}
    save_file(tensors, directory / "model.safetensors")
    written = (directory / "model.safetensors").read_bytes()
    run["model_sha256"] = hashlib.sha256(written).hexdigest()
    (directory / "run.toml").write_text(tomli_w.dumps(run))


@pytest.fixture(scope="module")
def frame():
    rng, t = np.random.default_rng(0), np.arange(72)
    values = 200 + np.cumsum(rng.normal(0, 4, 72)) + rng.normal(0, 30, 12)[t % 12]
    return pl.DataFrame({"t": t, "sold": values})


@pytest.fixture(scope="module")
def fitted(frame):
    forecaster = elman.Forecaster(horizon=6, epochs=2, hidden_size=4)
    return forecaster.fit(frame, "sold", "t", test=12)


def test_a_run_of_the_first_version_is_the_ridge_alone(fitted, frame, tmp_path):
    assert not fitted.linear_.is_ridge
    fitted.save(tmp_path)
    as_first_written(tmp_path)
    found = elman.load(tmp_path)
    assert found.linear_.is_ridge
    assert found.context_ == fitted.context_
    again = found.predict()
    for forecast in (again, found.predict(frame)):
        assert np.isfinite(forecast.to_numpy()).all()
        assert (forecast["lower"] < forecast["prediction"]).all()
    assert again.equals(found.predict(frame))
    scale = fitted.preparation_.scalers["target"]
    data, origin = fitted._tail
    ridge = fitted.linear_.ridge.predict(data.table, np.array([origin]))[0, :, 0]
    alone = fitted.preparation_.transforms[0].inverse(
        ridge * scale.scale[0] + scale.mean[0]
    )
    np.testing.assert_allclose(again["linear"].to_numpy(), alone, rtol=1e-6)


def test_it_says_what_it_cannot_do(fitted, tmp_path):
    fitted.save(tmp_path)
    as_first_written(tmp_path)
    with pytest.raises(InputError, match="did not keep the last rows"):
        elman.load(tmp_path).predict(horizon=9)
