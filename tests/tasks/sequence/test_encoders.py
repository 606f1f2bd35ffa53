"""The estimators with an encoder that is no recurrent cell."""

from __future__ import annotations

import hashlib
import tomllib

import numpy as np
import pytest
import tomli_w
from safetensors.torch import load_file, save_file

import elman
from elman import InputError
from elman.cells import sigmoid, tanh
from elman.models import levels_for


class Slow(elman.Cell):
    """A cell of this file, not registered."""

    def step(self, x, h):
        keep = sigmoid(self.linear("k", x, h))
        return keep * h + (1 - keep) * tanh(self.linear("u", x))


ENCODERS = ("tcn", "transformer")


def humps(count=24, seed=0):
    """Sequences of unequal length; what counts is where their one hump lies."""
    rng = np.random.default_rng(seed)
    x, y = [], []
    for i in range(count):
        steps = int(rng.integers(18, 31))
        row = 0.1 * rng.normal(size=(steps, 1))
        at = 3 if i % 2 else steps - 6
        row[at : at + 3] += 2.0
        x.append(row)
        y.append("early" if i % 2 else "late")
    return x, np.array(y)


def estimator(cell, **options):
    kind = elman.SequenceClassifier
    return kind(
        cell=cell, hidden_size=16, learning_rate=1e-2, random_state=0, **options
    )


@pytest.mark.parametrize("cell", ENCODERS)
def test_it_learns_is_stored_and_opened(cell, tmp_path):
    x, y = humps(60)
    fitted = estimator(cell, epochs=20).fit(x, y)
    test_x, test_y = humps(20, seed=1)
    assert fitted.score(test_x, test_y) >= 0.9
    assert fitted.results_["diagnosis"] is None
    assert fitted.results_["training"]["flow"] is None
    (note,) = [n for n in fitted.results_["notes"] if "has no recurrence" in n]
    assert note.startswith("a temporal conv" if cell == "tcn" else "a Transformer")
    assert fitted.results_["environment"]["path"] == "torch"
    again = elman.load(fitted.save(tmp_path / "run"))
    np.testing.assert_array_equal(
        again.predict_proba(test_x), fitted.predict_proba(test_x)
    )


def test_a_convolution_sees_the_longest_sequence():
    x, y = humps()
    fitted = estimator("tcn", epochs=1).fit(x, y)
    longest = max(map(len, x))
    assert fitted.network_.config()["num_layers"] == levels_for(longest)
    assert fitted.network_.sees >= longest
    deeper = estimator("tcn", epochs=1, num_layers=6).fit(x, y)
    assert deeper.network_.config()["num_layers"] == 6


@pytest.mark.parametrize("cell", ENCODERS)
def test_one_number_a_step_without_what_comes_later(cell):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 20, 1))
    y = np.cumsum(x[..., 0], 1)
    model = elman.SequenceRegressor(
        cell=cell,
        hidden_size=16,
        epochs=1,
        bidirectional=False,
        random_state=0,
        output="step",
    ).fit(x, y)
    changed = x.copy()
    changed[:, 12:] += 1.0
    before, after = model.predict(x), model.predict(changed)
    # float32 sums of some hundred terms of order one.
    np.testing.assert_allclose(before[:, :12], after[:, :12], atol=1e-5)
    assert np.abs(before[:, 12:] - after[:, 12:]).max() > 1e-3


@pytest.mark.parametrize("cell", ENCODERS)
def test_initialisations_of_a_recurrence_are_refused(cell):
    with pytest.raises(InputError, match="init='orthogonal' sets recurrent weights"):
        estimator(cell, init="orthogonal").fit(*humps())


def test_a_cell_that_is_none():
    with pytest.raises(InputError, match="got 'transformers'; did you mean 'transf"):
        estimator("transformers").fit(*humps())


def test_a_run_of_before_the_configurations_loads(tmp_path):
    """It has the parameters alone, and the layer's weights in the encoder's place."""
    x, y = humps()
    fitted = elman.SequenceClassifier(
        hidden_size=4, epochs=1, pooling="attention", random_state=0
    ).fit(x, y)
    run = fitted.save(tmp_path / "run")
    model = run / "model.safetensors"
    tensors = {
        name.replace("encoder.stack.", "encoder.").replace("pool.score.", "score."): v
        for name, v in load_file(model).items()
    }
    assert "network.score.weight" in tensors
    save_file(tensors, model)
    content = tomllib.loads((run / "run.toml").read_text())
    del content["fitted"]["network"]
    content["model_sha256"] = hashlib.sha256(model.read_bytes()).hexdigest()
    (run / "run.toml").write_text(tomli_w.dumps(content))
    again = elman.load(run)
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))


def test_encoder_is_another_name_for_cell(tmp_path):
    x, y = humps()
    fitted = elman.SequenceClassifier(
        encoder="tcn", hidden_size=8, epochs=1, random_state=0
    ).fit(x, y)
    same = estimator("tcn", epochs=1).set_params(hidden_size=8, learning_rate=3e-3)
    np.testing.assert_array_equal(
        same.fit(x, y).predict_proba(x), fitted.predict_proba(x)
    )
    again = elman.load(fitted.save(tmp_path / "run"))
    assert again.encoder == "tcn"
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))


def test_an_encoder_of_ones_own_is_stored(tmp_path):
    x, _ = humps()
    fitted = elman.SequenceRegressor(
        encoder=Slow(), hidden_size=8, epochs=1, random_state=0
    ).fit(x, np.arange(len(x)))
    again = elman.load(fitted.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict(x), fitted.predict(x))


def test_encoder_and_cell_that_differ():
    with pytest.raises(InputError, match="encoder='tcn' and cell='lstm' are two names"):
        elman.SequenceClassifier(encoder="tcn", cell="lstm").fit(*humps())
    with pytest.raises(InputError, match=r"encoder must be one of .* mean .tcn"):
        elman.SequenceClassifier(encoder="tnc").fit(*humps())
