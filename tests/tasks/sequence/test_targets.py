"""Targets a sequence and targets a step, told apart or asked about."""

from __future__ import annotations

import numpy as np
import pytest

from elman._errors import InputError
from elman.tasks.sequence._targets import class_targets, number_targets

EVEN = np.array([4, 4, 4])
DAYS = np.array(["2024-03-01", "2024-03-02", "2024-03-09"], "datetime64[D]")
RAGGED = np.array([2, 1, 3])


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (["b", "a", "b"], ["a", "b"]),
        (np.array(["b", "a", "b"], dtype=object), ["a", "b"]),
        ([7, -1, 7], [-1, 7]),
        ([True, False, True], [False, True]),
        ((2.0, 1.0, 2.0), [1.0, 2.0]),
    ],
)
def test_labels_of_any_type(y, classes):
    targets, found = class_targets(y, RAGGED, "auto")
    assert found.tolist() == classes
    assert targets.values.tolist() == [1, 0, 1]
    assert not targets.per_step
    assert targets.tensor().dtype.is_floating_point is False


def test_one_label_a_step():
    ragged = [["a", "b"], ["b"], ["a", "a", "c"]]
    for y in (ragged, [np.array(row) for row in ragged]):
        targets, classes = class_targets(y, RAGGED, "auto")
        assert targets.per_step
        assert classes.tolist() == ["a", "b", "c"]
        assert targets.values.tolist() == [0, 1, 1, 0, 0, 2]
    part = targets.take(np.array([2, 0]))
    assert part.values.tolist() == [0, 0, 2, 0, 1]
    assert part.lengths.tolist() == [3, 2]
    # Padding needs NaN, so numbers of classes go as floats.
    assert part.tensor().dtype.is_floating_point

    square, _ = class_targets(np.eye(3, 4, dtype=int), EVEN, "auto")
    assert square.per_step
    assert len(square.values) == 12


def test_numbers_keep_their_form():
    flat = number_targets([1, 2, 3], RAGGED, "auto")
    assert flat.flat
    assert flat.values.shape == (3, 1)
    wide = number_targets(np.ones((3, 2)), EVEN, "auto")
    assert not wide.flat
    assert not wide.per_step
    assert wide.values.shape == (3, 2)
    steps = number_targets(np.ones((3, 4, 2)), EVEN, "auto")
    assert steps.per_step
    assert steps.values.shape == (12, 2)
    ragged = number_targets([np.ones(n) for n in RAGGED], RAGGED, "auto")
    assert ragged.per_step
    assert ragged.values.shape == (6, 1)


def test_what_could_be_either_must_be_said():
    y = np.ones((3, 4))
    with pytest.raises(InputError, match="output='sequence' or output='step'"):
        number_targets(y, EVEN, "auto")
    assert number_targets(y, EVEN, "sequence").values.shape == (3, 4)
    assert number_targets(y, EVEN, "step").values.shape == (12, 1)


def test_a_step_may_lack_its_number():
    y = [np.array([1.0, np.nan]), np.array([2.0]), np.array([np.nan] * 3)]
    assert np.isnan(number_targets(y, RAGGED, "auto").values).sum() == 4


@pytest.mark.parametrize(
    ("read", "y", "lengths", "output", "words"),
    [
        (class_targets, ["a", "b"], EVEN, "auto", "X holds 3 sequences and y 2"),
        (class_targets, ["a"] * 3, EVEN, "auto", "one class only, 'a'"),
        (class_targets, ["a", None, "b"], EVEN, "auto", "NaN, first in row 1"),
        (class_targets, [1.0, 2.0, np.nan], EVEN, "auto", "NaN, first in row 2"),
        (class_targets, [1.0, 2.0, np.inf], EVEN, "auto", "infinity"),
        (class_targets, [0.1, 0.2, 0.35], EVEN, "auto", "continuous"),
        (
            class_targets,
            np.array(["a", 1, "b"], object),
            EVEN,
            "auto",
            "all text or all",
        ),
        (class_targets, None, EVEN, "auto", "y is None"),
        (class_targets, 3, EVEN, "auto", "one target a sequence"),
        (class_targets, ["a", "b", "a"], EVEN, "setp", "output must be"),
        (class_targets, ["a", "b", "a"], EVEN, "step", "one target a step"),
        (
            class_targets,
            [["a"], ["b"], ["a", "a"]],
            RAGGED,
            "auto",
            r"y\[0\] has 1 targets and X\[0\] 2 steps",
        ),
        (
            number_targets,
            [np.ones(2), np.ones(1), np.ones(3)],
            RAGGED,
            "sequence",
            "output='step'",
        ),
        (number_targets, [1.0, np.inf, 2.0], EVEN, "auto", "infinity.*row 1"),
        (number_targets, [1.0, np.nan, 2.0], EVEN, "auto", "NaN.*row 1"),
        (number_targets, ["x", "y", "z"], EVEN, "auto", "not numbers"),
        (number_targets, [1j, 2, 3], EVEN, "auto", "Complex"),
        (number_targets, DAYS, EVEN, "auto", "dates.*not numbers.*timedelta64"),
        (number_targets, DAYS - DAYS[0], EVEN, "auto", "durations.*not numbers"),
        (number_targets, list(DAYS.astype(object)), EVEN, "auto", "2024-03-01"),
        (number_targets, [[d] * 4 for d in DAYS], EVEN, "step", "dates"),
        (
            number_targets,
            [np.ones(2), np.ones((1, 2)), np.ones(3)],
            RAGGED,
            "auto",
            "different shapes",
        ),
        (
            number_targets,
            [np.full(n, np.nan) for n in RAGGED],
            RAGGED,
            "auto",
            "NaN",
        ),
    ],
)
def test_errors_say_what_does_not_fit(read, y, lengths, output, words):
    with pytest.raises(InputError, match=words) as caught:
        read(y, lengths, output)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [class_targets, number_targets])
def test_masked_targets_are_refused(read):
    lengths = np.array([2, 2, 2])
    one = np.ma.masked_array([0, 1, 1], [False, True, False])
    steps = np.ma.masked_array([[0, 1], [1, 0], [0, 0]], [[0, 0], [0, 0], [0, 1]])
    with pytest.raises(InputError, match=r"^y\[1\] holds a masked value; drop the"):
        read(one, lengths, "auto")
    for y in (steps, list(steps), [*steps.data[:2], steps[2]]):
        with pytest.raises(InputError, match=r"^y\[2\] holds a masked value"):
            read(y, lengths, "step")
