"""Estimators on categories, texts and irregular times."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

import elman
from elman import InputError, SequenceClassifier, SequenceRegressor
from elman.models import SequenceNetwork
from elman.models.inputs._step_inputs import StepInputs

SMALL = {"hidden_size": 8, "epochs": 2, "random_state": 0, "refit": False}


def names(count=60):
    rng = np.random.default_rng(0)
    letters = np.array(list("bdgklmnprt"))
    X = ["".join(rng.choice(letters, 4)) + "ao"[i % 2] for i in range(count)]
    return X, np.array(["f", "m"] * (count // 2))


def logs(count=40):
    rng = np.random.default_rng(0)
    frames = []
    for _ in range(count):
        steps = int(rng.integers(3, 7))
        frames.append(
            pl.DataFrame(
                {
                    "e": rng.choice(["on", "off", "idle"], steps).tolist(),
                    "v": rng.normal(size=steps),
                    "dt": rng.exponential(size=steps),
                }
            )
        )
    return frames, np.array([float((f["e"] == "on").sum()) for f in frames])


def test_names_from_training_to_a_run_directory(tmp_path):
    X, y = names()
    fitted = SequenceClassifier(**SMALL).fit(X, y)
    assert fitted.score(X, y) == 1.0
    rows = [row["model"] for row in fitted.results_["scores"]["rows"]]
    assert "n-grams, linear" in rows
    assert "read by its characters" in fitted.results_["notes"][0]
    again = elman.load(fitted.save(tmp_path / "run"))
    strange = ["Ωa", "bbbbo"]
    np.testing.assert_array_equal(
        again.predict_proba(strange), fitted.predict_proba(strange)
    )
    assert again.predict(pl.Series(strange)).tolist() == ["f", "m"]
    third = elman.load(again.save(tmp_path / "third"))
    np.testing.assert_array_equal(third.predict(strange), again.predict(strange))
    found = again.scores_by_order(X, y, draws=1)
    assert found["rows"][0]["values"]["Elman"]["mean"] == 1.0


def test_a_log_with_times_reaches_a_cell_that_takes_them(tmp_path):
    X, y = logs()
    columns = {"dt": "elapsed"}
    fitted = SequenceRegressor(cell="cfc", columns=columns, **SMALL).fit(X, y)
    assert fitted.network_.recurrent.input_size == fitted.network_.inputs.width
    assert fitted.network_.inputs.passes
    again = elman.load(fitted.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    slower = [f.with_columns(dt=f["dt"] * 5) for f in X]
    assert not np.allclose(again.predict(slower), again.predict(X))
    with pytest.raises(InputError, match=r"X\[0\] has 2 channels, the others have 3"):
        again.predict([np.ones((2, 2))])
    other = SequenceRegressor(cell="gru", columns=columns, **SMALL).fit(X, y)
    assert not other.network_.inputs.passes


def test_a_cell_that_takes_times_asks_for_them():
    X, y = logs()
    cell = elman.cells.cell("cfc", timed=True)
    with pytest.raises(InputError, match="no channel holds it; say which: columns="):
        SequenceRegressor(cell=cell, **SMALL).fit(X, y)


def test_others_of_its_size_read_the_same():
    X, y = logs(30)
    fitted = SequenceRegressor(highway="none", **SMALL).fit(X, y)
    found = fitted.compare(X, y, X, y, encoders=["cfc"], seconds=1.0)
    sizes = [row["parameters"] for row in found["rows"] if "parameters" in row]
    assert abs(sizes[1] - sizes[0]) < 0.2 * sizes[0]


def test_one_label_a_step():
    X, _ = logs(20)
    y = [np.array(frame["e"].to_list()) for frame in X]
    fitted = SequenceClassifier(hidden_size=8, epochs=60, random_state=0).fit(X, y)
    assert fitted.score(X, y) > 0.9
    assert len(fitted.predict(X)) == 20


def test_embeddings_beside_numbers():
    inputs = StepInputs(1, [(1, 4, 3), (2, 5, 2)], elapsed=True, passes=True)
    assert inputs.width == 1 + 3 + 2 + 1
    one, two = inputs.embeddings
    assert not one.weight[:2].any()
    values = torch.tensor([[[0.5, 3, 2, 4, 9.0], [0.1, 0, 0, 0, 1.0]]])
    found = inputs(values)[0]
    wanted = torch.cat([one.weight[3], (two.weight[2] + two.weight[4]) / 2])
    torch.testing.assert_close(found[0, 1:-1], wanted)
    torch.testing.assert_close(found[:, -1], torch.tensor([9.0, 1.0]))
    assert not found[1, 1:-1].any()


def test_a_network_without_fields_is_what_it_was():
    network = SequenceNetwork("gru", 2, 4, 3)
    assert network.inputs is None
    assert "fields" not in network.config()
