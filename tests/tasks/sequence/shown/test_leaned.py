import numpy as np
import pytest

from elman import FrontEnd, SequenceClassifier, SequenceRegressor
from elman.data import SoundFeatures
from elman.tasks.sequence.shown._leaned import leaned_on


def planted(count=40, steps=16):
    """Only steps 4 and 5 tell anything."""
    rng = np.random.default_rng(0)
    y = np.arange(count) % 2
    X = rng.normal(0, 0.3, (count, steps, 3))
    X[:, 4:6, 0] += 3.0 * (2 * y[:, None] - 1)
    return X, y


@pytest.mark.parametrize("kind", [SequenceClassifier, SequenceRegressor])
def test_what_tells_counts_most(kind):
    X, y = planted()
    model = kind(hidden_size=4, epochs=10).fit(X, y if kind._fewest == 30 else 5.0 * y)
    total = np.zeros(16)
    for x in X[:6]:
        counts = leaned_on(model, x)
        assert counts.shape == (16,)
        assert (counts >= 0).all()
        total += counts
    assert total.argmax() in (3, 4, 5, 6)
    assert total[10:].mean() < 0.3 * total[4:6].mean()


def test_sequences_of_one_step_have_one_count():
    X, y = planted()
    model = SequenceClassifier(hidden_size=4, epochs=1).fit(X, y)
    assert leaned_on(model, X[0, :1]).shape == (1,)


def test_results_of_recordings_show_some_of_them():
    X, y = planted()
    front_end = FrontEnd("mfcc", rate=8000, bands=8, coefficients=3)
    heard = SoundFeatures([x.astype(np.float32) for x in X], front_end)
    model = SequenceClassifier(hidden_size=4, epochs=2).fit(heard, y)
    sounds = model.results_["sounds"]
    assert sounds["features"] == front_end.in_words()
    assert sounds["split"].startswith("validation")
    assert {row["label"] for row in sounds["examples"]} == {"0", "1"}
    assert np.shape(sounds["examples"][0]["values"]) == (16, 8)
    assert len(sounds["examples"][0]["counts"]) == 16
    assert sounds["examples"][0]["seconds"] == pytest.approx(0.175)
    model.evaluate(heard, y, split="all")
    assert model.results_["sounds"]["split"].startswith("all")
    plain = SequenceClassifier(hidden_size=4, epochs=1).fit(X, y)
    assert "sounds" not in plain.results_
