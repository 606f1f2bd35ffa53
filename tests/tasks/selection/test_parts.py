"""Folds that fit the data, and a test part that none of them has to do with."""

from __future__ import annotations

import numpy as np
import pytest

import elman
from elman import InputError
from elman.tasks.selection.parts._parted import parted
from sequence_data import rising_or_falling
from series import hourly


class Recorder:
    """Stands for an estimator, and keeps what it was fitted and scored on."""

    def __init__(self):
        self.fitted, self.scored = [], []

    def fit(self, *data, **more):
        self.fitted.append((data, more))

    def score(self, *data, **more):
        self.scored.append((data, more))
        return 0.0

    def evaluate(self, *data, split):
        self.scored.append((data, {"split": split}))


def seen(fold):
    recorder = Recorder()
    fold.fit(recorder)
    fold.score(recorder)
    return recorder.fitted[0], recorder.scored[-1]


def test_rolling_origins_follow_each_other_with_a_gap():
    model = elman.Forecaster(horizon=6)
    frame = hourly(400)
    data = parted(
        model, (frame,), folds=3, seed=0, test=0.2, target="load", time="time"
    )
    assert data.words == "3 rolling origins, 53 rows each after a gap of 5"
    before = 0
    for fold in data.folds:
        ((learned,), _), ((scored,), more) = seen(fold)
        first = scored.frame.height - more["start"]
        assert learned.frame.height == first - 5
        assert first >= before
        before = scored.frame.height
        assert before <= 320
    assert before == 320
    ((learned,), more), ((scored,), how) = seen(data.test)
    assert (more["test"], how["start"]) == (80, 80)
    assert learned.frame.height == scored.frame.height == 400


def test_gaps_and_unobserved_ends_are_counted_in_steps_of_time():
    frame = hourly(400)
    frame = frame.with_row_index("n")
    known = frame.with_columns(
        load=frame["load"].set(frame["n"] >= 390, None)  # the future: covariates only
    ).drop("n")
    holes = known[[i for i in range(400) if i not in (50, 51, 200)]]
    model = elman.Forecaster(horizon=6, context=12)
    data = parted(model, (holes,), folds=2, seed=0, test=60, target="load", time="time")
    ((_,), more), _ = seen(data.test)
    assert more["test"] == 60
    for fold in data.folds:
        ((learned,), _), ((scored,), how) = seen(fold)
        start = 400 - 10 - 60
        end = scored.frame["time"][-1]
        assert (end - frame["time"][0]).total_seconds() / 3600 < start
        last = learned.frame["time"][-1]
        gap = (end - last).total_seconds() / 3600 - how["start"]
        assert gap == 5


def test_classes_keep_their_proportions_and_nothing_is_scored_twice():
    X, y = rising_or_falling(60)
    data = parted(elman.SequenceClassifier(), (X, y), folds=4, seed=0)
    scored = []
    for fold in data.folds:
        ((_, ours), _), ((part, theirs), _) = seen(fold)
        assert abs(np.mean(np.array(theirs) == "up") - 0.5) <= 1 / len(theirs)
        assert len(ours) + len(theirs) == 48
        scored += [id(x) for x in part]
    ((_, learned), _), ((held, _), _) = seen(data.test)
    assert len(set(scored)) == len(learned) == 48
    assert not set(scored) & {id(x) for x in held}


@pytest.mark.parametrize("estimator", ["SequenceClassifier", "SequenceRegressor"])
def test_a_group_is_never_on_two_sides(estimator):
    X, y = rising_or_falling(80)
    y = y if estimator == "SequenceClassifier" else np.arange(80.0)
    groups = np.repeat(np.arange(20), 4)
    of = {id(x): group for x, group in zip(X, groups, strict=True)}
    data = parted(getattr(elman, estimator)(), (X, y), folds=3, seed=0, groups=groups)
    for fold in [*data.folds, data.test]:
        ((learned, _), more), ((scored, _), _) = seen(fold)
        assert list(more["groups"]) == [of[id(x)] for x in learned]
        assert not {of[id(x)] for x in learned} & {of[id(x)] for x in scored}


def test_text_is_held_out_in_blocks():
    text = "".join(f"line {i}\n" for i in range(300))
    data = parted(elman.LanguageModel(), (text,), folds=3, seed=0, test=0.1)
    blocks = []
    for fold in data.folds:
        ((learned,), _), ((block,), _) = seen(fold)
        assert block in text
        assert block not in learned
        blocks.append(block)
    ((learned,), _), ((end,), _) = seen(data.test)
    assert "".join(blocks) == learned
    assert learned + end == text


def test_one_source_is_in_one_fold():
    source = [f"word {i // 3}" for i in range(90)]
    target = [f"wort {i}" for i in range(90)]
    data = parted(elman.Translator(), (source, target), folds=3, seed=0)
    for fold in [*data.folds, data.test]:
        ((learned, *_), _), ((scored, _), _) = seen(fold)
        assert not set(learned) & set(scored)


def few(**more):
    X, y = rising_or_falling(24)
    return parted(elman.SequenceClassifier(), (X, y), seed=0, **more)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: few(folds=1), "folds must be at least 2"),
        (lambda: few(folds=12), "class down has 9 of the sequences"),
        (lambda: few(folds=3, groups=[0] * 12 + [1] * 12), "3 folds need 3 groups"),
        (
            lambda: parted(
                elman.Forecaster(horizon=48),
                (hourly(200),),
                folds=4,
                seed=0,
                target="load",
                time="time",
            ),
            "fewer than the horizon|do not fit",
        ),
        (
            lambda: parted(elman.LanguageModel(), ("ab " * 100,), folds=3, seed=0),
            "3 folds of the 270 characters",
        ),
    ],
)
def test_too_little_is_one_line(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_many_series_are_refused():
    frame = hourly(100)
    both = frame.vstack(frame).with_columns(shop=np.repeat(["a", "b"], 100))
    with pytest.raises(InputError, match="many series, and a search takes one"):
        parted(
            elman.Forecaster(),
            (both,),
            folds=2,
            seed=0,
            target="load",
            time="time",
            id="shop",
        )
