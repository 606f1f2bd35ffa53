"""Models that lean on the order of the steps, and models that do not."""

from __future__ import annotations

import numpy as np
import pytest

import elman
from elman import InputError


def rising(count, seed, steps=12):
    """Noisy lines that rise or fall: their values alone say nothing of which."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 2
    line = np.linspace(-1, 1, steps) * np.where(y, 1, -1)[:, None]
    return (line + 0.1 * rng.normal(size=line.shape))[..., None], y


def shifted(count, seed, steps=12):
    """Noise around one of two levels: the order says nothing."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 2
    return (rng.normal(size=(count, steps)) + y[:, None])[..., None], y


def classifier(**options):
    options = {"hidden_size": 8, "epochs": 8, "learning_rate": 1e-2, **options}
    return elman.SequenceClassifier(random_state=0, **options)


def means(found, model=0):
    rows = found["rows"]
    return {r["order"]: list(r["values"].values())[model]["mean"] for r in rows}


def test_what_rises_or_falls_leans_on_order(tmp_path):
    model = classifier().fit(*rising(60, 0))
    found = model.scores_by_order(*rising(60, 1), draws=3)
    for part in (0, 1):
        score = means(found, part)
        assert score["as they are"] > 0.9
        assert 0.25 < score["shuffled"] < 0.75
        assert score["reversed"] < 0.1
    assert found["leans"]
    assert found["verdict"].startswith("It leans on the order of the steps: accuracy f")
    assert model.results_["order"] == found
    again = elman.load(model.save(tmp_path / "run"))
    assert again.results_["order"] == found
    assert again.scores_by_order(*rising(60, 1), draws=3) == found


def test_short_sequences_have_fewer_blocks_or_none():
    for steps, names in ((8, ["in 4 blocks, shuffled"]), (3, [])):
        X, y = rising(40, 0)
        model = classifier(epochs=1, highway="none").fit(X[:, :steps], y)
        found = model.scores_by_order(X[:, :steps], y, draws=2)
        orders = [row["order"] for row in found["rows"]]
        assert orders == ["as they are", "shuffled", *names, "reversed"]


def test_levels_do_not():
    model = classifier().fit(*shifted(60, 0))
    found = model.scores_by_order(*shifted(60, 1), draws=3)
    assert not found["leans"]
    assert found["verdict"].startswith("It does not lean on the order of the steps")
    assert {row["draws"] for row in found["rows"]} == {1, 3}


def test_targets_at_each_step_go_with_their_steps():
    """A number that the step itself says, learned to the same error in any order."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(24, 10, 1))
    y = x[..., 0].copy()
    y[0, 3] = np.nan
    model = elman.SequenceRegressor(
        hidden_size=8, epochs=15, output="step", learning_rate=1e-2, random_state=0
    ).fit(x, y)
    score = means(model.scores_by_order(x, y, draws=2))
    assert score["shuffled"] < 1.3 * score["as they are"]


def test_of_many_a_part_is_scored_and_the_results_say_so(monkeypatch):
    from elman.tasks.sequence.order import _leaning

    model = classifier(epochs=1).fit(*shifted(20, 0))
    monkeypatch.setattr(_leaning, "MOST_STEPS", 12 * 40)
    found = model.scores_by_order(*shifted(60, 1), draws=1)
    assert found["sequences"] == 40
    assert found["split"].endswith(
        "60 sequences of 12 steps, of which 40 are scored here"
    )


def test_what_cannot_be_asked():
    x, y = shifted(20, 0, steps=1)
    model = classifier(epochs=1).fit(x, y)
    with pytest.raises(InputError, match="sequences of one step have no order"):
        model.scores_by_order(x, y)
    x, y = shifted(20, 0)
    with pytest.raises(InputError, match="draws must be at least 1"):
        classifier(epochs=1).fit(x, y).scores_by_order(x, y, draws=0)


@pytest.mark.parametrize("how", ["fixed", "each"])
def test_trained_on_another_order(how, tmp_path):
    model = classifier(shuffle_time=how, epochs=16).fit(*rising(60, 0))
    x, y = rising(60, 1)
    score = model.score(x, y)
    # One order for all leaves what stands where; an order of its own leaves nothing.
    assert score > 0.9 if how == "fixed" else score < 0.75
    asked = dict(map(tuple, model.results_["question"]))
    assert asked["Order of steps"].endswith("sequence" if how == "each" else "s")
    chances = model.predict_proba(x)
    np.testing.assert_allclose(model.predict_proba(x[5:9]), chances[5:9], atol=1e-6)
    again = elman.load(model.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict_proba(x), chances)
    assert model.evaluate(x, y)["rows"][0]["values"]["accuracy"] == pytest.approx(score)


def test_predictions_at_each_step_come_back_in_their_order():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(n, 1)) for n in rng.integers(6, 12, 24)]
    y = [row[:, 0] for row in x]
    model = elman.SequenceRegressor(
        hidden_size=8, epochs=15, learning_rate=1e-2, random_state=0,
        shuffle_time="fixed", output="step",
    ).fit(x, y)  # fmt: skip
    told = np.concatenate(model.predict(x))
    assert np.corrcoef(told, np.concatenate(y))[0, 1] > 0.9


def test_a_word_that_is_none():
    with pytest.raises(InputError, match="shuffle_time must be one of none, fixed, ea"):
        classifier(shuffle_time="all").fit(*shifted(20, 0))
