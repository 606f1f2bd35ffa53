"""Estimators with cells that are given themselves: a class, or one with options."""

from __future__ import annotations

import pickle
import tomllib

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import elman
from elman import InputError, RunDirectoryError, cells
from elman.cells import sigmoid, tanh
from elman.tasks.parameters._cell import read_cell


class Slow(elman.Cell):
    """A cell of this file, not registered."""

    share = 0.5

    def step(self, x, h):
        keep = sigmoid(self.linear("k", x, h))
        return keep * h + self.share * (1 - keep) * tanh(self.linear("u", x))


def sequences(count=24):
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(8, 2)) + (i % 2) for i in range(count)]
    return x, np.array(["a", "b"] * (count // 2))


def classifier(cell, **options):
    return elman.SequenceClassifier(
        cell=cell, hidden_size=6, epochs=1, highway="none", random_state=0, **options
    )


@pytest.mark.parametrize("cell", [Slow, Slow(share=0.9), cells.cell("cornn", dt=0.1)])
def test_a_classifier_comes_back_with_its_equations(cell, tmp_path):
    x, y = sequences()
    fitted = classifier(cell).fit(x, y)
    assert fitted.get_params()["cell"] is cell
    run = fitted.save(tmp_path / "run")
    again = elman.load(run)
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))
    meant = cells.cell(cell)
    assert repr(again.cell) == repr(meant)
    assert "slow" not in cells.names()
    written = tomllib.loads((run / "run.toml").read_text(encoding="utf-8"))
    assert written["parameters"]["cell"] == repr(meant)
    third = elman.load(again.save(tmp_path / "third"))
    np.testing.assert_array_equal(third.predict_proba(x), fitted.predict_proba(x))
    trained = clone(again).fit(x, y)  # by the stored equations, the same weights
    np.testing.assert_array_equal(trained.predict_proba(x), fitted.predict_proba(x))
    there = pickle.loads(pickle.dumps(again))  # noqa: S301 - of this test
    np.testing.assert_array_equal(there.predict_proba(x), fitted.predict_proba(x))


def test_what_comes_with_the_package_is_what_its_name_is(tmp_path):
    x, y = sequences()
    by_class, by_name = classifier(cells.find("lstm")), classifier("lstm")
    by_class.fit(x, y), by_name.fit(x, y)
    assert isinstance(by_class.network_.recurrent, elman.LSTM)
    expected = by_name.predict_proba(x)
    np.testing.assert_array_equal(by_class.predict_proba(x), expected)
    assert elman.load(by_class.save(tmp_path / "run")).cell == "lstm"
    assert not (tmp_path / "run" / "cell.json").exists()


def test_options_are_searched_as_parameters_are():
    x, y = sequences()
    options = {"cell": [Slow(share=0.1), Slow(share=1.0), "gru"]}
    found = GridSearchCV(classifier(Slow), options, cv=2).fit(np.stack(x), y)
    assert list(found.cv_results_["param_cell"]) == options["cell"]
    assert found.best_estimator_.cell in options["cell"]


def test_a_regressor(tmp_path):
    x, _ = sequences()
    y = np.array([row.sum() for row in x])
    fitted = elman.SequenceRegressor(
        cell=Slow, hidden_size=6, epochs=1, highway="none", random_state=0
    ).fit(x, y)
    again = elman.load(fitted.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict(x), fitted.predict(x))


@pytest.mark.parametrize("options", [{}, {"decoder": "segments"}, {"loss": "poisson"}])
def test_a_forecaster(options, tmp_path):
    t = np.arange(260)
    frame = pl.DataFrame({"y": np.round(5 + 3 * np.sin(t / 3))})
    forecaster = elman.Forecaster(
        horizon=8, cell=Slow, hidden_size=6, epochs=1, random_state=0, **options
    )
    fitted = forecaster.fit(frame, target="y")
    assert " + Slow)" in str(fitted.results_)
    again = elman.load(fitted.save(tmp_path / "run"))
    assert again.predict(frame).equals(fitted.predict(frame))


def test_a_forecaster_of_many_series(tmp_path):
    t = np.tile(np.arange(60), 4)
    ids = np.repeat(["p", "q", "r", "s"], 60)
    frame = pl.DataFrame({"id": ids, "t": t, "y": np.sin(t / 4) + (ids == "q")})
    fitted = elman.Forecaster(
        horizon=4, cell=Slow(share=0.7), hidden_size=6, epochs=1, random_state=0
    ).fit(frame, target="y", time="t", id="id")
    again = elman.load(fitted.save(tmp_path / "run"))
    assert again.predict().equals(fitted.predict())


WRONG = {
    "grru": r"cell must be one of rnn, .* got 'grru'; did you mean 'gru'\?; .*register",
    torch.nn.GRU: r"or an elman\.Cell; got <class .*GRU'>; did you mean 'gru'\?",
    None: "cell must be one of",
}


@pytest.mark.parametrize("cell", WRONG, ids=str)
@pytest.mark.parametrize("kind", [elman.SequenceClassifier, elman.SequenceRegressor])
def test_what_is_no_cell(cell, kind):
    x, y = sequences()
    labels = y if kind is elman.SequenceClassifier else np.arange(len(x)) / 2
    with pytest.raises(InputError, match=WRONG[cell]):
        kind(cell=cell).fit(x, labels)


def test_what_is_no_cell_of_a_forecaster():
    with pytest.raises(InputError, match=r"cell must be one of .*got 'tcn'"):
        elman.Forecaster(cell="tcn").fit(pl.DataFrame({"y": np.arange(99.0)}))


def test_a_run_whose_cell_is_another(tmp_path):
    run = classifier(Slow).fit(*sequences()).save(tmp_path / "run")
    (run / "cell.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunDirectoryError, match=r"cell\.json is not the file"):
        elman.load(run)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cornn(dt=0.1)", r'write cell=elman\.cells\.cell\("cornn", dt=0\.1\)'),
        ("my.py:Slow", r"import the class and write cell=Slow$"),
        ("my.py:Slow(share=1)", r"import the class and write cell=Slow\(share=1\)$"),
        ("nothing(dt=0.1)", r"cell must be one of"),
    ],
)
def test_what_commands_read_is_written_otherwise_in_python(text, said):
    with pytest.raises(InputError, match=said):
        classifier(text).fit(*sequences())


def test_a_file_whose_step_cannot_be_read_is_told_at_once(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "import elman\n"
        "class Own(elman.Cell):\n"
        "    def step(self, x, h):\n"
        "        return self.linear('a', x, h) % 2\n"
    )
    with pytest.raises(InputError, match=r"own\.py, line 4, in step"):
        read_cell("--cell", f"{file}:Own", ["gru"])
