"""Estimators with cells by their names: fitted, diagnosed, stored and opened."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import elman
from elman import InputError, cells
from elman.cells import sigmoid, tanh


def humps(count=24, seed=0):
    """Sequences of unequal length; what counts is where their one hump lies."""
    rng = np.random.default_rng(seed)
    x, y = [], []
    for i in range(count):
        steps = int(rng.integers(10, 16))
        row = 0.1 * rng.normal(size=(steps, 1))
        at = 2 if i % 2 else steps - 4
        row[at : at + 2] += 2.0
        x.append(row)
        y.append("early" if i % 2 else "late")
    return x, np.array(y)


def classifier(cell, **options):
    options = {"epochs": 2, "highway": "none", **options}
    return elman.SequenceClassifier(
        cell=cell, hidden_size=8, learning_rate=1e-2, random_state=0, **options
    )


@pytest.mark.parametrize("cell", [n for n in cells.names() if n not in cells.STOCK])
def test_a_classifier_of_every_cell_is_stored_and_opened(cell, tmp_path):
    x, y = humps()
    fitted = classifier(cell).fit(x, y)
    before = fitted.results_["diagnosis"]["before"]
    assert before["profile"][0]["cell"] == cells.find(cell).__name__
    again = elman.load(fitted.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))
    assert again.cell == cell


def test_it_learns():
    x, y = humps(60)
    fitted = classifier("janet", epochs=25).fit(x, y)
    test_x, test_y = humps(20, seed=1)
    assert fitted.score(test_x, test_y) >= 0.9


@pytest.mark.parametrize("cell", ["indrnn", "coupled_lstm"])
def test_a_forecaster(cell, tmp_path):
    t = np.arange(220)
    frame = pl.DataFrame(
        {"y": np.sin(t / 3) + 0.1 * np.random.default_rng(0).normal(size=len(t))}
    )
    forecaster = elman.Forecaster(
        horizon=4, cell=cell, hidden_size=8, epochs=1, random_state=0
    )
    fitted = forecaster.fit(frame, target="y")
    again = elman.load(fitted.save(tmp_path / "run"))
    assert again.predict(frame).equals(fitted.predict(frame))
    assert f" + {cells.title(cell)})" in str(fitted.results_)


class Leaky(elman.Cell):
    """A cell of this file."""

    def step(self, x, h):
        keep = sigmoid(self.linear("k", x))
        return keep * h + (1 - keep) * tanh(self.linear("u", x, h))


def test_a_users_own_cell_by_the_name_it_is_registered_under(tmp_path, monkeypatch):
    from elman.cells import _registry

    monkeypatch.setattr(_registry, "_CELLS", dict(_registry._CELLS))
    x, y = humps()
    with pytest.raises(InputError, match=r"cell must be one of .* got 'leaky'"):
        classifier("leaky").fit(x, y)
    cells.register(Leaky)
    fitted = classifier("leaky", init="chrono").fit(x, y)
    run = fitted.save(tmp_path / "run")
    again = elman.load(run)
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))
    del _registry._CELLS["leaky"]  # where the class is not known
    elsewhere = elman.load(run)
    np.testing.assert_array_equal(elsewhere.predict_proba(x), fitted.predict_proba(x))
    third = elsewhere.save(tmp_path / "third")
    assert cells.register(Leaky) is Leaky  # the class takes the place again
    elman.load(third)

    class Other(elman.Cell):
        def step(self, x, h):
            return tanh(self.linear("u", x, h))

    _registry._CELLS["leaky"] = Other
    with pytest.raises(elman.RunDirectoryError, match="has other equations"):
        elman.load(run)
    (run / "cell.json").write_text("{}")
    with pytest.raises(elman.RunDirectoryError, match=r"cell\.json is not the file"):
        elman.load(run)


@pytest.mark.parametrize(
    ("cell", "init", "words"),
    [
        ("indrnn", "chrono", "cell='indrnn' has none"),
        ("mingru", "orthogonal", "cell='mingru' has none"),
        ("lru", "identity", "keeps its state otherwise"),
    ],
)
def test_an_initialisation_that_a_cell_has_no_place_for(cell, init, words):
    with pytest.raises(InputError, match=words):
        classifier(cell, init=init).fit(*humps())
