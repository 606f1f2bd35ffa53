import numpy as np
import pytest

from elman import InputError, SequenceClassifier
from elman.data import drawn_groups, in_both
from elman.tasks.sequence.given._groups import group_numbers
from elman.tasks.sequence.linear._ridge import fit_ridge


def problem():
    """Speakers add an offset of their own, which tells nothing of the class."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(6), 8)
    y = np.tile([0, 1], 24)
    X = rng.normal(0, 0.3, (48, 7, 2)) + who[:, None, None]
    X[:, :, 0] += y[:, None]
    return X, y, who


def test_whole_groups_are_held_out():
    _, y, who = problem()
    for seed in range(5):
        held = drawn_groups(who, y, 0.2, seed)
        assert 0 < held.sum() < 48
        assert not set(who[held]) & set(who[~held])
    assert not drawn_groups(who, y, 0.0, 0).any()


def test_two_groups_are_held_out_where_four_are_there():
    groups = np.repeat(np.arange(5), 4)
    for seed in range(5):
        held = drawn_groups(groups, None, 0.2, seed, least=2)
        assert len(np.unique(groups[held])) == 2
        assert len(np.unique(groups[drawn_groups(groups, None, 0.2, seed)])) == 1
    few = np.repeat(np.arange(3), 4)
    assert len(np.unique(few[drawn_groups(few, None, 0.2, 0, least=2)])) == 1


def test_the_network_counts_by_what_it_does_for_groups():
    """A gain on one held-out group alone is no evidence on others."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(3), 24)
    # Which of two steps comes first, at random places: nothing for a linear model.
    y = np.tile([0, 1], 36)
    X = rng.normal(0, 0.1, (72, 12, 1))
    for x, label in zip(X, y, strict=True):
        first, second = np.sort(rng.choice(12, 2, replace=False))
        x[first], x[second] = (2, -2) if label else (-2, 2)
    few = SequenceClassifier(hidden_size=8, epochs=3).fit(X, y, groups=who)
    assert few.combination_.weight == 0.0
    assert few.results_["combination"]["error"] is None


def test_a_group_that_alone_has_a_class_stays():
    groups, classes = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 2, 2])
    for seed in range(8):
        assert not drawn_groups(groups, classes, 0.3, seed)[4:].any()
    assert not drawn_groups(np.zeros(4), None, 0.5, 0).any()


def test_groups_in_two_parts_are_named():
    assert in_both(None, np.array(["a"])) == []
    assert in_both(np.array(["a"]), np.array(["b"])) == []
    (note,) = in_both(np.array(["a", "b"]), np.array(["b", "c"]))
    assert note.startswith("1 of 2 groups of the test part are in the training part")


@pytest.mark.parametrize("p", [8, 60])
@pytest.mark.parametrize("weighted", [False, True])
def test_left_out_predictions_are_those_of_a_fit_without_the_group(p, weighted):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, p)) / np.sqrt(p)
    y = x @ rng.normal(size=(p, 2)) + rng.normal(0, 0.3, (30, 2)) + 2.0
    w = rng.uniform(0.2, 2, 30) if weighted else None
    groups = rng.integers(0, 4, 30)
    found = fit_ridge(x, y, w, lambda z: float(np.mean((z - y) ** 2)), groups)
    weight = np.ones(30) if w is None else w
    for name in range(4):
        kept = groups != name
        full = np.c_[x[kept], np.ones(kept.sum())]
        normal = full.T @ (weight[kept, None] * full)
        normal += np.diag([*[found.penalty] * p, 0.0])
        solution = np.linalg.solve(normal, full.T @ (weight[kept, None] * y[kept]))
        wanted = np.c_[x[~kept], np.ones((~kept).sum())] @ solution
        np.testing.assert_allclose(found.left_out[~kept], wanted, rtol=1e-5)


def test_a_fit_holds_out_whole_groups():
    X, y, who = problem()
    names = np.array([f"speaker {i}" for i in who])
    model = SequenceClassifier(hidden_size=4, epochs=2).fit(X, y, groups=names)
    split = model.results_["scores"]["split"]
    assert int(split.split("validation: ")[1].split()[0]) % 8 == 0
    held_out = dict(map(tuple, model.results_["question"]))["Held out"]
    assert held_out == "20 % to choose the epoch, whole groups"
    weights = np.where(who == 0, 0.0, 1.0)  # groups go with the sequences that count
    SequenceClassifier(hidden_size=4, epochs=1).fit(X, y, weights, groups=names)
    found = model.compare(X, y, X, y, groups=names, encoders="lstm", seconds=0.1)
    assert len(found["rows"]) >= 2


def test_one_group_is_no_group():
    X, y, _ = problem()
    model = SequenceClassifier(hidden_size=4, epochs=1).fit(X, y, groups=["a"] * 48)
    assert any("one group" in note for note in model.results_["notes"])


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([1, 2], r"groups has shape \(2,\); give one value for each of the 4"),
        ([1, 2, float("nan"), 3], r"groups\[2\] is missing"),
        (["a", None, "b", "c"], r"groups\[1\] is missing"),
        (np.array(["a", 1, "b", 2], object), "texts or numbers, not both"),
    ],
)
def test_groups_that_do_not_fit(groups, message):
    with pytest.raises(InputError, match=message):
        group_numbers(groups, 4)
