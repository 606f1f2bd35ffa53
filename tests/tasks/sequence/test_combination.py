"""The network counts as far as it helps on sequences that it did not see."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import elman
from elman import SequenceClassifier, SequenceRegressor
from elman._errors import InputError
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.kinds._classification import Classification
from elman.tasks.sequence.linear import _models
from elman.tasks.sequence.linear._combination import Combination
from sequence_data import rising_or_falling, weighted_end

QUICK = {"hidden_size": 6, "epochs": 2, "init": "default"}


class Known(torch.nn.Module):
    """A network that gives the logits written in the first step's channels."""

    per_step = False

    def forward(self, values, lengths):
        return values[:, 0]


class AsTheyAre:
    @staticmethod
    def apply(sequences):
        return [np.asarray(s, np.float32) for s in sequences]


def noise(n=60):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(12, 2)) for _ in range(n)], np.arange(n) % 2


def weighed(logits_of):
    x, y = noise()
    combination = Combination.fit(x, Targets(y, None), Classification(np.arange(2)), 0)
    rows = np.arange(20, 60)
    shown = [logits_of(k) for k in y]
    seen = [np.concatenate([[s], x_i]) for s, x_i in zip(shown, x, strict=True)]
    combination.weigh(seen, Targets(y, None), rows, (Known(), AsTheyAre))
    return combination


def test_a_network_that_knows_more_is_added():
    combination = weighed(lambda k: np.where(np.arange(2) == k, 1.0, -1.0))
    assert combination.weight > 0.6
    assert combination.evidence["both"] < combination.evidence["linear"]
    assert "was added" in combination.notes()[1]


def test_a_network_that_knows_nothing_has_no_weight():
    draw = np.random.default_rng(1)
    combination = weighed(lambda k: draw.normal(size=2))
    assert combination.weight == 0.0
    linear = combination.linear(noise()[0])
    assert combination.whole(linear, noise()[0], (None, None)) is linear
    assert "weight 0" in combination.notes()[1]


def test_without_held_out_sequences_the_network_has_no_weight():
    x, y = rising_or_falling()
    model = SequenceClassifier(**QUICK, validation_fraction=0.0).fit(x, y)
    assert model.results_["combination"]["weights"]["network"] == 0.0
    assert any("nothing was held out to weigh" in n for n in model.results_["notes"])


def test_the_shares_sum_to_one_and_are_in_the_results():
    x, y = rising_or_falling()
    model = SequenceClassifier(**QUICK).fit(x, y)
    weights = model.results_["combination"]["weights"]
    assert sum(weights.values()) == pytest.approx(1.0)
    kinds = [row["kind"] for row in model.results_["scores"]["rows"]]
    assert kinds[:3] == ["network", "part", "part"]


def test_held_out_sequences_that_the_linear_models_were_not_fitted_on(monkeypatch):
    monkeypatch.setattr(_models, "MOST_ROWS", 20)
    x, y = rising_or_falling()
    model = SequenceClassifier(**QUICK).fit(x, y)
    combination = model.combination_
    assert combination.evidence["sequences"] == len(combination.held_out)
    assert len(combination.held_out) == round(0.2 * len(x))
    rows = np.setdiff1d(np.arange(len(x)), combination.linear_models.rows)[:3]
    again = combination._unseen(x, rows)
    assert np.array_equal(again, combination.linear([x[i] for i in rows]))


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_comes_back_from_its_directory(tmp_path, kind):
    if kind == "classes":
        x, y = rising_or_falling()
        model = SequenceClassifier(**QUICK).fit(x, y)
        predict = "predict_proba"
    else:
        x, y = weighted_end(n=30)
        model = SequenceRegressor(**QUICK).fit(x, y)
        predict = "predict"
    model.combination_.weight = 0.3  # so that both sides are asked
    model.save(tmp_path)
    again = elman.load(tmp_path)
    assert np.array_equal(getattr(again, predict)(x), getattr(model, predict)(x))
    assert again.combination_.describe() == model.combination_.describe()


def test_the_network_alone_if_asked_for():
    x, y = rising_or_falling()
    model = SequenceClassifier(**QUICK, highway="none").fit(x, y)
    assert model.combination_ is None
    assert "combination" not in model.results_
    assert model.results_["scores"]["rows"][0]["model"] == "network"


def test_an_unknown_highway_is_refused():
    x, y = rising_or_falling()
    with pytest.raises(InputError, match="highway must be one of auto, none"):
        SequenceClassifier(highway="ridge").fit(x, y)


def test_weights_of_sequences_reach_the_linear_models():
    x, y = rising_or_falling()
    heavy = np.where(np.asarray(y) == "up", 50.0, 0.02)
    even = SequenceClassifier(**QUICK).fit(x, y).predict_proba(x)[:, 1].mean()
    model = SequenceClassifier(**QUICK).fit(x, y, sample_weight=heavy)
    assert model.predict_proba(x)[:, 1].mean() > even
