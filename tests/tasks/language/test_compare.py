"""The network of a language model beside others of its size."""

from __future__ import annotations

import numpy as np
import pytest

from elman import InputError, LanguageModel
from elman.models import parameters_of
from elman.tasks.language._compare import in_parts

OPTIONS = {"hidden_size": 32, "batch_size": 4, "window": 30, "random_state": 0}
OPTIONS |= {"epochs": 1, "learning_rate": 0.01, "weight_dropout": 0.1}


@pytest.fixture(scope="module")
def small(text):
    return LanguageModel(**OPTIONS).fit(text)


def test_all_of_one_size_beside_n_grams(small, text):
    said = []
    found = small.compare(text, seconds=60, say=said.append)
    assert small.results_["comparison"] == found
    networks = {r["model"]: r for r in found["rows"] if "parameters" in r}
    assert list(networks) == ["GRU", "LSTM", "TCN", "Transformer"]
    assert said == ["LSTM, seed 0", "TCN, seed 0", "Transformer, seed 0"]
    assert networks["Transformer"]["layers"] == 4
    size = parameters_of(small.network_)
    for row in networks.values():
        assert abs(row["parameters"] / size - 1) < 0.2, row["model"]
        assert row["epochs"] == 1
    own = small.results_["scores"]["rows"]
    assert networks["GRU"]["values"] == own[0]["values"]
    assert [r["model"] for r in found["rows"][4:]] == [r["model"] for r in own[1:]]
    assert found["split"].startswith("validation, the last ")
    assert found["verdict"].startswith(f"Of 4 networks with about {size:,} parameters")


def test_seeds_and_another_text(small, text, writing):
    other = writing(60, seed=5)
    found = small.compare(
        text, other, encoders=["mingru"], seeds=2, seconds=60, split="another"
    )
    assert [r["model"] for r in found["rows"]] == ["GRU", "MinGRU"]
    assert found["split"] == "another"
    # A row is what the estimator itself would be with that seed.
    again = LanguageModel(**OPTIONS).set_params(random_state=1).fit(text)
    each = found["rows"][0]["each"]
    assert each == pytest.approx([-small.score(other), -again.score(other)], rel=1e-6)


def test_parts_are_of_one_length_and_no_token_is_lost():
    nats = np.random.default_rng(0).random(10_700)
    parts = in_parts(nats)
    assert len(parts) == 21
    assert parts.mean() == pytest.approx(nats.mean(), rel=1e-3)
    assert len(in_parts(nats[:300])) == 20
    assert np.array_equal(in_parts(nats[:3]), nats[:3])


def test_what_cannot_be_compared(small, text):
    with pytest.raises(InputError, match=r"encoders must be one of .* mean 'lstm'"):
        small.compare(text, encoders=["lstmm"])
    with pytest.raises(InputError, match="compare takes the text that fit was given"):
        small.compare(text + "äöü" * 400, encoders=["lstm"])
    with pytest.raises(InputError, match="seconds must be positive"):
        small.compare(text, seconds=0)
    alone = LanguageModel(**OPTIONS).set_params(validation_fraction=0.0).fit(text)
    with pytest.raises(InputError, match="nothing is held out to score on"):
        alone.compare(text)
