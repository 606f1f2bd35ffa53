"""What the fits of a search share has no effect on what comes of them."""

from __future__ import annotations

import numpy as np
import pytest

import elman
from elman.data import load_bikeshare
from elman.tasks.fit._memory import Memory, recalled, remembering


def searched(monkeypatch, most, **changes):
    memories = []

    class Watched(Memory):
        def __init__(self):
            super().__init__(most)
            memories.append(self)

    monkeypatch.setattr("elman.tasks.selection._opened.Memory", Watched)
    model = elman.Forecaster(
        horizon=4, context=24, epochs=1, hidden_size=4, init="default"
    )
    given = {"space": {"context": [24, 30], "lr": [0.002, 0.01]}, "sampler": "grid"}
    given |= {"trials": 3, "seed": 1}
    found = elman.search(
        model,
        load_bikeshare()[:480],
        target="count",
        time="time",
        folds=2,
        seeds=1,
        **given | changes,
    )
    (memory,) = memories
    return found, memory


def test_scores_are_the_same_bits_with_and_without(monkeypatch):
    found, memory = searched(monkeypatch, 2**26)
    without, empty = searched(monkeypatch, -1)
    assert empty.hits == 0 < memory.hits
    rows = [(row["params"], row["folds"]) for row in found.results["trials"]]
    assert rows == [(r["params"], r["folds"]) for r in without.results["trials"]]
    assert len({tuple(folds) for _, folds in rows}) == 3, "and parameters matter"
    assert found.results["chosen"] == without.results["chosen"]
    assert found.estimator.predict().equals(without.estimator.predict())


def test_outside_a_search_nothing_is_kept():
    made = []
    for _ in range(2):
        recalled(lambda: made.append(1), "x", size=1)
    assert made == [1, 1]


def test_what_is_given_decides_and_what_is_got_can_be_changed():
    memory = Memory(100)

    def known():
        pytest.fail("it is known")

    with remembering(memory):
        values = np.arange(3.0)
        first = recalled(lambda: [values.copy()], "sum", values, size=24)
        first[0][:] = 0
        again = recalled(
            lambda: pytest.fail("it is known"), "sum", values.copy(), size=24
        )
        assert np.array_equal(again[0], [0, 1, 2])
        again[0][:] = 7
        third = recalled(known, "sum", values, size=24)
        assert np.array_equal(third[0], [0, 1, 2])
        for other in (values.astype("float32"), values[:2], values + 1):
            assert recalled(lambda: "other", "sum", other, size=24) == "other"
        assert recalled(lambda: "name", "mean", values, size=24) == "name"
        # Only a hundred bytes are kept, the latest used.
        assert recalled(lambda: "anew", "sum", values, size=24) == "anew"
        assert recalled(lambda: "large", "large", size=101) == "large"
        assert recalled(lambda: "again", "large", size=101) == "again"
