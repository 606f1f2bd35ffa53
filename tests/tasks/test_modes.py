"""The caller's defaults and modes of torch do not reach what estimators do."""

import contextlib

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman._modes import own_modes
from elman.tasks import Forecaster, SequenceClassifier, SequenceRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 7, 2))
SUMS = X[:, :, 0].sum(axis=1)
SERIES = {"t": range(120), "v": np.sin(np.arange(120) / 3) + 0.1 * RNG.normal(size=120)}


@contextlib.contextmanager
def default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        yield
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def default_device():
    torch.set_default_device("meta")
    try:
        yield
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_default_device(None)


@contextlib.contextmanager
def autocast():
    with torch.autocast("cpu", torch.bfloat16):
        yield
        assert torch.is_autocast_enabled("cpu")


MODES = [default_dtype, default_device, autocast, torch.no_grad, torch.inference_mode]
modes = pytest.mark.parametrize("mode", MODES)


def classified(folder):
    fitted = SequenceClassifier(hidden_size=4, epochs=2).fit(X, SUMS > 0)
    fitted.save(folder)
    fitted.evaluate(X, SUMS > 0)
    assert np.array_equal(elman.load(folder).predict(X), fitted.predict(X))
    return fitted.predict_proba(X)


def regressed(folder):
    fitted = SequenceRegressor(hidden_size=4, epochs=2).fit(X, SUMS)
    fitted.save(folder)
    fitted.score(X, SUMS)
    return elman.load(folder).predict(X)


def forecast(folder):
    fitted = Forecaster(horizon=4, epochs=2).fit(SERIES, target="v")
    fitted.save(folder)
    loaded = elman.load(folder)
    loaded.backtest(SERIES)
    return loaded.predict(SERIES)["prediction"].to_numpy()


@modes
@pytest.mark.parametrize("work", [classified, regressed, forecast])
def test_estimators_do_the_same_in_every_mode(work, mode, tmp_path):
    plain = work(tmp_path / "plain")
    with mode():
        found = work(tmp_path / "other")
    assert np.array_equal(found, plain)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = elman.GRU(2, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.layer(x)[0][:, -1])


@pytest.mark.parametrize("mode", [m for m in MODES if m is not autocast])
def test_a_model_is_diagnosed_the_same_in_every_mode(mode):
    torch.manual_seed(0)
    batch = torch.tensor(X, dtype=torch.float32), torch.tensor(SUMS > 0).long()
    model = Reader()
    plain = elman.diagnose(model, *batch, nn.functional.cross_entropy)
    with mode():
        found = elman.diagnose(model, *batch, nn.functional.cross_entropy)
    assert found.horizon == plain.horizon
    assert [r.name for r in found.remedies] == [r.name for r in plain.remedies]


def test_scopes_side_by_side_bring_the_default_back_at_the_end_of_the_last():
    with default_dtype():
        first, second = own_modes(), own_modes()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float32
        second.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float64


def test_a_warning_of_predict_names_the_callers_line():
    fitted = Forecaster(horizon=4, epochs=1).fit(SERIES, target="v")
    with pytest.warns(UserWarning, match="v: ") as found:
        fitted.predict({**SERIES, "v": 1000 * SERIES["v"]})
    assert {warning.filename for warning in found} == {__file__}
