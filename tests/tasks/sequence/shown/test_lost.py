import numpy as np
import pytest

from elman.tasks.sequence.shown._lost import lost_by


def test_classes_lose_the_logarithm_of_the_predicted_probability():
    chances = np.array([[0.5, 0.3, 0.2], [0.25, 0.7, 0.05], [0.8, 0.1, 0.1]])
    found = lost_by(np.log(chances) + 3.0, classes=True)
    assert found == pytest.approx([np.log(2.0), 0.0])  # what speaks against it: nothing


def test_numbers_lose_how_far_they_move_in_the_mean():
    outputs = np.array([[1.0, 2.0], [3.0, 2.0], [1.0, -4.0]], np.float32)
    assert lost_by(outputs, classes=False) == pytest.approx([1.0, 3.0])
