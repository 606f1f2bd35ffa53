import json

import numpy as np
import pytest
import torch

import elman
from elman import InputError, SequenceClassifier, SequenceRegressor, SequenceTranscriber
from elman.data import FrontEnd, SoundFeatures, stretching
from elman.tasks.sequence import _fit
from elman.tasks.sequence._preparation import Preparation
from elman.tasks.sequence._stretched import MOST, StretchedSequences
from elman.training import Callback, RaggedSequences

FRONT_END = FrontEnd(rate=8000, bands=8)


def recordings(n=40, front_end=FRONT_END, seed=0):
    """A peak that goes up or down through the bands, of four speakers."""
    rng = np.random.default_rng(seed)
    X, y = [], np.tile([0, 1], n // 2)
    for label in y:
        steps = int(rng.integers(6, 12))
        place = np.linspace(1, front_end.width - 2, steps)[:: 1 if label else -1]
        at = np.arange(front_end.width)
        one = np.exp(-((at - place[:, None]) ** 2)) + rng.normal(0, 0.1, (steps, 1))
        X.append(one.astype(np.float32))
    who = np.repeat(np.arange(4), n // 4)
    return SoundFeatures(X, front_end), y, who


def small(**more):
    return SequenceClassifier(
        hidden_size=4, **{"epochs": 3, "highway": "none", "init": "default", **more}
    )


def bits(model):
    return {k: v.clone() for k, v in model.network_.state_dict().items()}


def same(a, b):
    return all(torch.equal(a[k], b[k]) for k in a)


def examples(frames=1, front_end=FRONT_END):
    X, y, _ = recordings(front_end=front_end)
    how = Preparation.fit([np.asarray(x, float) for x in X], frames)
    plain = RaggedSequences(how.apply([np.asarray(x) for x in X]), torch.from_numpy(y))
    return plain, how, StretchedSequences(plain, front_end, how)


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize(
    "front_end", [FRONT_END, FrontEnd("mfcc", 8000, bands=8, coefficients=5)]
)
def test_a_batch_is_each_recording_stretched_by_one_factor(frames, front_end):
    plain, how, stretched = examples(frames, front_end)
    index = torch.tensor([3, 0, 7])
    (before, lengths), target = plain.take(index)
    torch.manual_seed(0)
    (found, same_lengths), same_target = stretched.take(index)
    torch.manual_seed(0)
    share = 2 * torch.rand(3, dtype=torch.float64) - 1
    matrices = stretching(front_end, (1 + MOST) ** share.numpy())
    for row, matrix in enumerate(matrices):
        steps = int(lengths[row])
        flat = before[row, :steps].numpy().reshape(-1, front_end.width)
        wanted = how.scaler.inverse(flat) @ matrix
        own = found[row, :steps].numpy().reshape(flat.shape)
        np.testing.assert_allclose(how.scaler.inverse(own), wanted, atol=1e-5)
        assert not found[row, steps:].any()
    assert torch.equal(lengths, same_lengths)
    assert torch.equal(target, same_target)
    assert not torch.equal(stretched.take(index)[0][0], found)


def test_flags_of_what_is_missing_stay():
    X, _, _ = recordings()
    gaps = [np.asarray(x, float) for x in X]
    gaps[0][2, 3] = np.nan
    how = Preparation.fit(gaps)
    plain = RaggedSequences(how.apply(gaps))
    stretched = StretchedSequences(plain, FRONT_END, how)
    index = torch.arange(4)
    flags = stretched.take(index)[0][0][..., 8:]
    assert torch.equal(flags, plain.take(index)[0][0][..., 8:])
    assert flags.sum() == 1


def test_a_checkpoint_of_other_examples_is_told():
    plain, how, stretched = examples()
    other = StretchedSequences(plain, FrontEnd(rate=8000, bands=8, low=50.0), how)
    assert len({plain.digest(), stretched.digest(), other.digest()}) == 3
    assert len(stretched) == len(plain)


def seen_by_training(monkeypatch):
    found = []
    train = _fit.run_training

    def spy(recipe, network, loss, training, validation, *rest, **more):
        found.append((training, validation))
        return train(recipe, network, loss, training, validation, *rest, **more)

    monkeypatch.setattr(_fit, "run_training", spy)
    return found


def test_the_training_part_alone_is_stretched(monkeypatch):
    seen = seen_by_training(monkeypatch)
    X, y, who = recordings()
    model = small().fit(X, y, groups=who)
    (training, validation), *_ = seen
    assert isinstance(training, StretchedSequences)
    assert isinstance(validation, RaggedSequences)
    rows = training.examples.lengths.tolist(), validation.lengths.tolist()
    assert sorted(rows[0] + rows[1]) == sorted(len(x) for x in X)
    assert any("stretched by up to 15 %" in n for n in model.results_["notes"])


def test_predictions_and_scores_draw_nothing():
    X, y, who = recordings()
    model = small().fit(X, y, groups=who)
    first, score = model.predict_proba(X), model.score(X, y)
    state = torch.get_rng_state()
    assert np.array_equal(first, model.predict_proba(X))
    assert score == model.score(X, y)
    assert torch.equal(state, torch.get_rng_state())


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    X, y, who = recordings()
    first, again = (bits(small().fit(X, y, groups=who)) for _ in range(2))
    assert same(first, again)
    plain = bits(small(augment="none").fit(X, y, groups=who))
    assert not same(first, plain)
    other = bits(small(random_state=1).fit(X, y, groups=who))
    assert not same(first, other)


class Stop(Callback):
    """End like a killed process: nothing after it runs."""

    def __init__(self, step):
        self.step = step

    def on_step(self, state):
        if state.step == self.step:
            raise RuntimeError("killed")


@pytest.mark.parametrize("step", [2, 5])
def test_a_killed_and_resumed_fit_ends_with_the_same_bits(step, tmp_path):
    X, y, who = recordings()
    whole = small(batch_size=8).fit(X, y, groups=who)
    kept = elman.training.Checkpoints(tmp_path / "kept", every_steps=1)
    with pytest.raises(RuntimeError, match="killed"):
        small(batch_size=8, checkpoints=kept, callbacks=[Stop(step)]).fit(
            X, y, groups=who
        )
    on = elman.training.Checkpoints(tmp_path / "kept", every_steps=1, resume=True)
    resumed = small(batch_size=8, checkpoints=on).fit(X, y, groups=who)
    assert same(bits(whole), bits(resumed))


def test_auto_stretches_classes_of_recordings_with_groups():
    X, y, who = recordings()

    def says(model, X=X, y=y, **groups):
        notes = model.fit(X, y, **groups).results_["notes"]
        return any("stretched" in note for note in notes)

    assert says(small(), groups=who)
    assert not says(small())
    assert says(small(augment="stretch"))
    assert not says(small(augment="none"), groups=who)
    plain = [np.asarray(x) for x in X]
    assert not says(small(), plain, groups=who)
    regressor = SequenceRegressor(hidden_size=4, epochs=2, highway="none")
    assert not says(regressor, y=y.astype(float), groups=who)


def test_a_transcriber_stretches_what_it_reads():
    X, y, who = recordings()
    texts = ["ab" if label else "ba" for label in y]
    for groups, stretched in ((who, True), (None, False)):
        model = SequenceTranscriber(hidden_size=4, epochs=2)
        model.fit(X, texts, groups=groups)
        said = any("stretched" in note for note in model.results_["notes"])
        assert said == stretched


def test_other_sequences_are_not_stretched():
    X, y, _ = recordings()
    with pytest.raises(InputError, match="augment='stretch' is for features of record"):
        small(augment="stretch").fit([np.asarray(x) for x in X], y)
    with pytest.raises(InputError, match="augment must be one of auto, stretch, none"):
        small(augment="masks").fit(X, y)


def test_a_run_remembers_how_it_was_trained(tmp_path):
    X, y, who = recordings()
    model = small(augment="stretch").fit(X, y, groups=who)
    model.save(tmp_path / "run")
    again = elman.load(tmp_path / "run")
    assert again.augment == "stretch"
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    notes = json.loads((tmp_path / "run" / "results.json").read_text())["notes"]
    assert any("stretched" in note for note in notes)
