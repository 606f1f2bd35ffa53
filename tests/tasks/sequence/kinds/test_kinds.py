"""A kind of target is one class: the rest of the package asks it, by no name."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from elman.tasks import sequence
from elman.tasks.sequence.kinds._classification import Classification
from elman.tasks.sequence.kinds._kind import Kind
from elman.tasks.sequence.kinds._regression import Regression

LENGTHS = np.array([4, 4, 5, 6, 4, 5])
CASES = {
    "classes": lambda: Classification.of(list("ababba"), LENGTHS, "auto", None),
    "numbers": lambda: Regression.of(np.linspace(1, 9, 6), LENGTHS, "auto"),
    "several": lambda: Regression.of(
        np.arange(18.0).reshape(6, 3) ** 2, LENGTHS, "auto"
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_kind_says_fits_together(case):
    kind, raw = CASES[case]()
    targets = kind.scaled(raw, np.arange(6))
    wanted, loss = kind.regressed(targets)
    assert wanted.shape == (6, kind.width)
    assert loss(wanted) <= loss(-wanted)
    factor = kind.factor(wanted, targets)
    sure, unsure = kind.outputs(wanted, factor), kind.outputs(0 * wanted, factor)
    shares = kind.shares([unsure, sure], targets, [0.5, 0.5])
    assert shares.sum() == pytest.approx(1.0)
    assert shares[1] > 0.5
    both = kind.averaged([unsure, sure], np.array([0.0, 1.0]))
    np.testing.assert_allclose(both, sure)
    assert (kind.losses(sure, targets) <= kind.losses(unsure, targets)).all()
    exact = kind.scores(raw.values, kind.decide(sure))[kind.metric]
    assert exact == pytest.approx(0.0 if kind.lower_is_better else 1.0, abs=1e-12)
    value = kind.loss(False)(torch.tensor(sure).float(), targets.tensor())
    assert float(value) <= kind.guess(raw)[0]
    for name, model in kind.baselines(raw).items():
        predicted = kind.in_rows(model.fit(wanted, raw.values).predict(wanted))
        assert kind.scores(raw.values, predicted).keys() >= {kind.metric}, name


def test_numbers_come_back_in_their_units_and_from_a_run_directory():
    kind, raw = CASES["several"]()
    scaled = kind.scaled(raw, np.arange(6)).values
    np.testing.assert_allclose(kind.decide(scaled), raw.values, rtol=1e-12)
    again = Regression.restored(*kind.dump())
    assert (again.width, again.flat) == (3, False)
    np.testing.assert_array_equal(again.decide(scaled), kind.decide(scaled))


def test_classes_come_back_from_a_run_directory():
    kind, _ = CASES["classes"]()
    again = Classification.restored(kind.dump()[0], None)
    assert again.names == ["a", "b"]
    assert again.classes.dtype == kind.classes.dtype


def test_nothing_else_asks_which_kind_it_is():
    """Only an estimator may name its kind; shared code asks the object."""
    named = re.compile(r"import (Classification|Regression)\b|\bclassify\b(?! =)")
    home = Path(inspect.getfile(sequence)).parent
    files = [path for path in home.rglob("*.py") if path.parent.name != "kinds"]
    assert len(files) > 10
    for path in files:
        if path.stem not in ("_classify", "_regress"):
            assert not named.search(path.read_text()), path


def test_every_kind_answers_everything():
    for kind in (Classification, Regression):
        assert issubclass(kind, Kind)
        assert not inspect.isabstract(kind)
