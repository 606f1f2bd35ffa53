"""What is made small, and the quantiles beside a forecast."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.metrics import (
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_tweedie_deviance,
)
from torch import nn

import elman
from elman import InputError
from elman.models import LogLink
from elman.tasks.forecast.intervals._quantiles import quantile_scores
from elman.tasks.forecast.targets._loss import deviance, masked_error, pinball
from series import hourly, small

CENTRE, SPREAD = torch.tensor([3.0]), torch.tensor([2.0])


def counts(rows=500):
    rng = np.random.default_rng(0)
    hours = np.arange(rows)
    rate = np.exp(0.5 + np.sin(2 * np.pi * hours / 24))
    return pl.DataFrame({"sold": rng.poisson(rate).astype(float)})


def scaled(values):
    return ((torch.tensor(values) - CENTRE) / SPREAD).reshape(1, -1, 1)


@pytest.mark.parametrize(
    ("name", "judge"),
    [
        ("poisson", mean_poisson_deviance),
        ("tweedie", lambda y, m: mean_tweedie_deviance(y, m, power=1.5)),
    ],
)
def test_deviances_are_scikit_learns_by_half(name, judge):
    truth, mean = [0.0, 1.0, 4.0, 7.0], [0.3, 2.0, 3.0, 8.0]
    loss = deviance(name, CENTRE, SPREAD, torch.tensor([1.0]))
    output = scaled(mean).requires_grad_()
    value = loss(output, scaled(truth))
    assert value.item() == pytest.approx(judge(truth, mean) / 2, rel=1e-5)
    value.backward()
    assert output.grad.isfinite().all()
    # Two thirds of what is known, with a value missing.
    gone = scaled([*truth[:3], float("nan")])
    assert loss(output, gone).item() == pytest.approx(
        judge(truth[:3], mean[:3]) / 2, rel=1e-5
    )


def test_the_pinball_loss_is_scikit_learns():
    truth, guess = torch.randn(3, 4, 1), torch.randn(3, 4, 1)
    levels = torch.tensor([0.2, 0.9])
    offsets = torch.randn(2, 4, 1)
    expected = np.mean(
        [
            mean_pinball_loss(truth.ravel(), (guess + d).ravel(), alpha=float(t))
            for t, d in zip(levels, offsets, strict=True)
        ]
    )
    assert pinball(levels, offsets)(guess, truth).item() == pytest.approx(expected)
    told = quantile_scores((0.2,), truth[..., 0].numpy(), [guess[..., 0].numpy()])
    alone = mean_pinball_loss(truth.ravel(), guess.ravel(), alpha=0.2)
    assert told["pinball"][0] == pytest.approx(alone)
    assert told["coverage"][0] == pytest.approx((truth <= guess).float().mean().item())


@pytest.mark.parametrize("squared", [[False], [True]])
def test_weights_count_as_often(squared):
    truth, guess = torch.randn(3, 4, 1), torch.randn(3, 4, 1)
    truth[0, 0] = torch.nan
    weights = torch.tensor([1.0, 2.0, 0.0])[:, None, None].expand(3, 4, 1)
    both = torch.cat([truth, weights], -1)
    found = masked_error(squared, weighted=True)(guess, both)
    plain = masked_error(squared)
    repeated = [0, 1, 1]
    total = plain(guess[repeated], truth[repeated]) * 11  # observed, two of them twice
    assert found.item() == pytest.approx(total.item() / 11, rel=1e-5)


class Added(nn.Module):
    def __init__(self):
        super().__init__()
        self.added = nn.Parameter(torch.zeros(()))

    def forward(self, encoder, decoder, linear):
        return linear + self.added


def test_a_log_link_starts_as_the_linear_forecast_and_stays_positive():
    network = LogLink(Added(), 1)
    network.set_units(CENTRE, SPREAD, torch.tensor([0.5]))
    linear = scaled([4.0, 0.5, 0.1, -0.5])
    first = SPREAD * network(None, None, linear) + CENTRE
    np.testing.assert_allclose(first.ravel()[:2].detach(), [4.0, 0.5], rtol=1e-6)
    assert (first > 0).all()
    assert first[0, 2] > first[0, 3]
    with torch.no_grad():
        network.network.added.fill_(0.7)
    again = SPREAD * network(None, None, linear) + CENTRE
    np.testing.assert_allclose(again[0, 0].detach(), 4 * np.exp(0.7), rtol=1e-5)


@pytest.mark.parametrize("loss", ["poisson", "tweedie", "squared", "pinball"])
def test_every_loss_trains_and_comes_back(loss, tmp_path):
    frame = counts()
    model = small(loss=loss, quantiles=(0.9, 0.1, 0.5), epochs=3).fit(
        frame, "sold", test=96
    )
    history = model.results_["training"]["history"]
    assert len(history) == 4
    assert all(np.isfinite(row["validation_loss"]) for row in history)
    forecast = model.predict()
    below = forecast.select("lower", "q0.1", "q0.5", "q0.9").to_numpy()
    assert (np.diff(below[:, 1:], axis=1) >= 0).all()
    assert (below >= 0).all()
    told = model.results_["forecast"]["quantiles"]
    assert told["level"] == [0.1, 0.5, 0.9]
    assert told["coverage"] == sorted(told["coverage"])
    assert 0.7 < told["coverage"][2] <= 1
    model.save(tmp_path / "run")
    assert elman.load(tmp_path / "run").predict().equals(forecast)
    rolling = model.backtest(frame, start=96)
    total = rolling.prediction.sum() / rolling.truth.sum()
    assert 0.7 < total < 1.3


def test_quantiles_widen_beyond_the_horizon():
    model = small(quantiles=(0.05, 0.95), epochs=1).fit(hourly(400), "load", "time")
    with pytest.warns(UserWarning, match="from step 7"):
        found = model.predict(horizon=18)
    width = (found["q0.95"] - found["q0.05"]).to_numpy()
    assert (width[[11, 17]] > width[[5, 11]]).all()
    assert found["q0.95"].to_numpy() == pytest.approx(found["upper"].to_numpy())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "pinball"}, "loss='pinball' needs the levels"),
        ({"loss": "poison"}, "did you mean 'poisson'"),
        ({"loss": "poisson", "scale": "sqrt"}, "log link of its own"),
        ({"loss": "poisson"}, "targets of at least 0, and column 'load' holds -"),
        ({"quantiles": 0.5}, "quantiles must be numbers between 0 and 1"),
        ({"quantiles": (0.1, 1.2)}, "quantiles must be above 0 and below 1, got 1.2"),
        ({"quantiles": (0.1, 0.1)}, "quantiles names 0.1 twice"),
    ],
)
def test_wrong_losses_are_one_line(settings, message):
    frame = hourly(200).with_columns(pl.col("load") - 60)
    with pytest.raises(InputError, match=message) as error:
        small(**settings).fit(frame, "load", "time")
    assert "\n" not in str(error.value)


def test_a_target_that_is_never_there_has_no_rate():
    frame = pl.DataFrame({"sold": [0.0] * 150 + [1.0, 2.0] * 5})
    with pytest.raises(InputError, match="'sold' is 0 in all of the training part"):
        small(loss="tweedie").fit(frame, "sold")
