import copy

import numpy as np
import pytest

from elman import FrontEnd, InputError, SequenceClassifier
from elman.data import SoundFeatures


def features(level, count=12):
    front_end = FrontEnd(rate=8000, bands=4, level=level)
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(7 + i % 3, 4)).astype(np.float32) for i in range(count)]
    return SoundFeatures(rows, front_end)


@pytest.fixture(scope="module")
def model():
    return SequenceClassifier(hidden_size=2, epochs=1).fit(features("mean"), [0, 1] * 6)


@pytest.mark.parametrize(
    "some",
    [
        lambda X: X[2:5],
        lambda X: [X[i] for i in (3, 1)],
        lambda X: copy.deepcopy(X[:2]),
        lambda X: [row[1:] for row in X],
    ],
)
def test_a_selection_tells_its_front_end(model, some):
    model.predict(some(features("mean")))
    with pytest.raises(InputError, match="and the network was fitted on"):
        model.predict(some(features("none")))


def test_a_network_fitted_on_a_selection_knows_its_front_end():
    X = features("mean")
    model = SequenceClassifier(hidden_size=2, epochs=1).fit(X[:10], [0, 1] * 5)
    assert model.front_end_ == X.front_end
    assert model.results_["sounds"]["features"] == X.front_end.in_words()


def test_features_of_two_front_ends_are_refused():
    both = [*features("mean")[:6], *features("none")[:6]]
    with pytest.raises(InputError, match=r"X\[6\].*with one front end"):
        SequenceClassifier(hidden_size=2, epochs=1).fit(both, [0, 1] * 6)
