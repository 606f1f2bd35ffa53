"""Pictures are read by their rows or columns."""

from __future__ import annotations

import numpy as np
import pytest

import elman
from elman import InputError, SequenceClassifier
from elman.data import read_sequences
from elman.tasks.sequence.given._pictures import steps_of_pictures


def test_rows_and_columns():
    X = np.arange(2 * 3 * 4 * 2.0).reshape(2, 3, 4, 2)
    rows = steps_of_pictures(X, "rows")
    assert rows.shape == (2, 3, 8)
    np.testing.assert_array_equal(rows[1, 2], X[1, 2].ravel())
    columns = steps_of_pictures(list(X), "columns")
    np.testing.assert_array_equal(columns[1, 3], X[1, :, 3].ravel())
    assert steps_of_pictures(X, "none") is X


def test_unequal_pictures_are_one_line():
    with pytest.raises(
        InputError, match=r"X\[1\] is a picture of 3 × 5, X\[0\] of 3 ×"
    ):
        steps_of_pictures([np.ones((3, 4)), np.ones((3, 5))], "rows")
    with pytest.raises(InputError, match=r"X\[0\] has the shape \(4,\); with image"):
        steps_of_pictures(np.ones((3, 4)), "rows")
    with pytest.raises(InputError, match="pictures are read by image='rows'"):
        SequenceClassifier(epochs=1).fit(np.ones((4, 3, 4, 2)).tolist(), [0, 1, 0, 1])


def test_a_run_reads_pictures_as_it_learned_to(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.random((30, 6, 5, 3))
    y = np.arange(30) % 2
    X[y == 1, 2] += 2
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", y)
    found = read_sequences(tmp_path / "x.npy", "y.npy")
    assert found.X[0].shape == (6, 5, 3)
    model = SequenceClassifier(image="rows", epochs=2, hidden_size=4, refit=False)
    model.fit(found.X, found.y)
    assert model.score(X, y) == 1.0
    again = elman.load(model.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(found.X))
    with pytest.raises(
        InputError, match=r"there is no file 'z.npy'; with an .npy file"
    ):
        read_sequences(tmp_path / "x.npy", "z.npy")


@pytest.mark.parametrize("image", ["rows", "columns"])
def test_pictures_of_another_size_are_refused_later(tmp_path, image):
    X = np.random.default_rng(0).random((12, 6, 6))
    model = SequenceClassifier(image=image, hidden_size=2, epochs=1, highway="none")
    model.fit(X, [0, 1] * 6)
    other = X[:, :5] if image == "rows" else X[:, :, :5]
    for known in (model, elman.load(model.save(tmp_path))):
        with pytest.raises(InputError, match=f"have 6 {image}; bring all to one size"):
            known.predict(other)
