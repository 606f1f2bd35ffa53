"""The network beside others: alike in size and time, honest about who is best."""

from __future__ import annotations

import numpy as np
import pytest

import elman
from elman import InputError
from elman.tasks.fit._training import part_of
from elman.tasks.sequence._fit import fit_network
from elman.tasks.sequence.comparison import _compared


def lines(count, seed, steps=10):
    """Noisy lines that rise or fall."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 2
    line = np.linspace(-1, 1, steps) * np.where(y, 1, -1)[:, None]
    return (line + 0.2 * rng.normal(size=line.shape))[..., None], y


def classifier(**options):
    options = {"hidden_size": 12, "epochs": 2, "max_seconds": None, **options}
    return elman.SequenceClassifier(random_state=0, **options)


@pytest.fixture(scope="module")
def fitted():
    return classifier().fit(*lines(40, 0))


def test_all_of_one_size_beside_simple_models(fitted):
    fitted.evaluate(*lines(20, 1))
    before = fitted.predict_proba(lines(20, 1)[0])
    found = fitted.compare(*lines(40, 0), *lines(20, 1), seconds=60)
    assert fitted.results_["comparison"] == found
    networks = {r["model"]: r for r in found["rows"] if "parameters" in r}
    assert list(networks) == ["GRU", "LSTM", "TCN", "Transformer"]
    assert networks["GRU"]["kind"] == "network"
    assert networks["TCN"]["layers"] == 2  # as many as see all ten steps
    size = fitted.results_["training"]["parameters"]
    for row in networks.values():
        assert abs(row["parameters"] / size - 1) < 0.15, row["model"]
        assert row["epochs"] == 2
        assert row["stopped"] == ["epochs"]
        assert len(row["curve"]) == 3
    alone = next(
        r for r in fitted.results_["scores"]["rows"] if r["model"] == "network alone"
    )
    assert networks["GRU"]["values"] == alone["values"]
    simple = [r["model"] for r in found["rows"] if "parameters" not in r]
    assert "ridge" in simple
    assert "linear models alone" in simple
    assert found["verdict"].startswith(f"Of 4 networks with about {size:,} parameters")
    np.testing.assert_array_equal(fitted.predict_proba(lines(20, 1)[0]), before)


def test_seeds_and_those_that_are_named(fitted):
    found = fitted.compare(
        *lines(40, 0), *lines(20, 1), encoders="lstm, gru, lstm", seeds=2, seconds=60
    )
    networks = [r for r in found["rows"] if "parameters" in r]
    assert [r["model"] for r in networks] == ["GRU", "LSTM"]
    for row in networks:
        assert len(row["each"]) == 2
        assert row["values"]["accuracy"] == pytest.approx(np.mean(row["each"]))
        spread = np.std(row["each"], ddof=1)
        assert row["deviations"]["accuracy"] == pytest.approx(spread)
    # A row is what the estimator itself would be with that seed.
    other = classifier(highway="none").set_params(random_state=1).fit(*lines(40, 0))
    assert other.score(*lines(20, 1)) == networks[0]["each"][1]


def test_others_train_no_longer_than_the_network_did(fitted, monkeypatch):
    given = []

    def watched(*arguments):
        given.append(part_of(arguments[-1].settings, arguments[-1].first_share))
        return fit_network(*arguments)

    monkeypatch.setattr(_compared, "fit_network", watched)
    data = (*lines(40, 0), *lines(20, 1))
    fitted.compare(*data, encoders=["rnn"], seconds=7.0)
    monkeypatch.setitem(fitted.results_["training"], "seconds", 5.0)
    fitted.compare(*data, encoders=["rnn"])
    assert [settings.max_seconds for settings in given] == pytest.approx([7.0, 5.0])


def test_numbers_at_each_step_in_another_order():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(n, 1)) for n in rng.integers(6, 10, 20)]
    y = [2 * row[:, 0] for row in x]
    model = elman.SequenceRegressor(
        encoder="tcn", hidden_size=8, epochs=4, random_state=0, output="step",
        shuffle_time="fixed", learning_rate=1e-2,
    ).fit(x, y)  # fmt: skip
    found = model.compare(x, y, x, y, encoders=["gru"], seconds=60)
    rows = {r["model"]: r["values"]["RMSE"] for r in found["rows"]}
    # Never seen in another order than the targets: far better than the mean.
    assert rows["GRU"] < 0.8 * np.std(np.concatenate(y))
    expected = model.evaluate(x, y)["rows"][0]["values"]["RMSE"]
    assert rows["TCN"] == pytest.approx(expected, rel=1e-6)


def test_what_cannot_be_compared(fitted):
    data = (*lines(40, 0), *lines(20, 1))
    with pytest.raises(InputError, match=r"encoders must be one of .* mean 'lstm'"):
        fitted.compare(*data, encoders=["lstmm"])
    with pytest.raises(InputError, match="encoders names no other network than gru"):
        fitted.compare(*data, encoders=["gru"])
    with pytest.raises(InputError, match="seeds must be at least 1"):
        fitted.compare(*data, seeds=0)
    with pytest.raises(InputError, match="seconds must be positive"):
        fitted.compare(*data, seconds=0)
