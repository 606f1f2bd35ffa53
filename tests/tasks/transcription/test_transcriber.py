"""A transcriber from sequences to its scores, on disk and back."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

import elman
from elman import InputError, SequenceTranscriber
from elman.tasks import load
from elman.training import Callback, Checkpoints

SMALL = {"hidden_size": 4, "epochs": 1, "refit": False, "random_state": 3}


def test_it_learns_what_is_said_where(transcriber, others):
    X, y = others
    rows = {row["model"]: row["values"] for row in transcriber.evaluate(X, y)["rows"]}
    assert list(rows) == [
        *("network", "network, greedy", "most frequent", "1-nearest-neighbour")
    ]
    rate = rows["network"]["word error rate"]
    assert rate < 0.1
    assert rows["1-nearest-neighbour"]["word error rate"] > 0.2
    assert transcriber.score(X, y) == pytest.approx(1 - rate)
    assert transcriber.results_["scores"]["winner"] == "network"
    found = transcriber.transcribe(X)
    assert [one.text for one in found] == transcriber.predict(X)
    for x, one in zip(X, found, strict=True):
        ends = [place for span in one.spans for place in span]
        assert ends == sorted(ends)
        assert all(0 <= place <= len(x) for place in ends)
        # A bump lies where its word was said to be.
        loud = np.flatnonzero(x.max(1) > 0.5)
        for start, end in one.spans:
            assert np.abs(loud - (start + end) / 2).min() < 3


def test_several_answers_with_their_probabilities(transcriber, others):
    (each,) = transcriber.transcribe(others[0][:1], n_best=4)
    values = [one.log_prob for one in each]
    assert values == sorted(values, reverse=True)
    assert len({one.text for one in each}) == 4
    assert each[0].text == transcriber.predict(others[0][:1])[0]
    assert len(transcriber.transcribe(others[0][:1], n_best=12)[0]) == 12
    with pytest.raises(InputError, match="more than the search keeps, beam=2"):
        transcriber.transcribe(others[0], beam=2, n_best=3)


def test_batch_mates_and_padding_have_no_say(transcriber, others):
    X = others[0][:8]
    together = transcriber.transcribe(X)
    for x, one in zip(X, together, strict=True):
        (alone,) = transcriber.transcribe([x])
        assert alone.text == one.text
        assert alone.spans == one.spans
        assert alone.log_prob == pytest.approx(one.log_prob, abs=1e-4)


def test_a_saved_transcriber_is_the_same_in_another_process(
    transcriber, others, tmp_path
):
    run = transcriber.save(tmp_path / "run")
    np.save(tmp_path / "x.npy", others[0][0])
    program = (
        "import sys, json, elman, numpy; t = elman.load(sys.argv[1]);"
        " (one,) = t.transcribe([numpy.load(sys.argv[2])]);"
        " print(json.dumps([one.text, one.log_prob, one.spans]))"
    )
    command = [sys.executable, "-c", program, str(run), str(tmp_path / "x.npy")]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    (one,) = transcriber.transcribe(others[0][:1])
    assert found[0] == one.text
    assert found[1] == pytest.approx(one.log_prob, abs=1e-4)
    assert [tuple(span) for span in found[2]] == one.spans


class Stop(Callback):
    def __init__(self, at):
        self.at = at

    def on_step(self, state):
        if state.step == self.at:
            raise KeyboardInterrupt


def test_a_run_that_was_stopped_goes_on_with_the_same_bits(data, tmp_path):
    def fitted(**more):
        options = {"epochs": 3, "batch_size": 16, "frames": 2, "refit": True}
        return SequenceTranscriber(**{**SMALL, **options, **more}).fit(*data)

    whole = fitted()
    fitted(checkpoints=tmp_path, callbacks=[Stop(9)])
    again = fitted(checkpoints=Checkpoints(tmp_path, resume=True))
    ours, theirs = whole.network_.state_dict(), again.network_.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    rates = [
        [row["error_rate"] for row in m.results_["error_rates"]] for m in (whole, again)
    ]
    assert rates[0] == rates[1]


@pytest.mark.parametrize("cell", ["tcn", "transformer", "lstm", "mingru"])
def test_encoders(data, cell, tmp_path):
    options = {
        **SMALL,
        "hidden_size": 8,
        "encoder": cell,
        "bidirectional": cell != "lstm",
    }
    model = SequenceTranscriber(**options).fit(data[0][:40], data[1][:40])
    again = load(model.save(tmp_path))
    assert again.predict(data[0][:5]) == model.predict(data[0][:5])


def test_the_network_beside_others_of_its_size(transcriber, data, others, tmp_path):
    before = dict(transcriber.results_)
    found = transcriber.compare(
        *data, *others, encoders="rnn", seconds=0.2, checkpoints=tmp_path
    )
    transcriber.results_ = before
    assert [row["model"] for row in found["rows"][:2]] == ["GRU", "RNN"]
    own = found["rows"][0]["values"]["word error rate"]
    assert own == pytest.approx(1 - transcriber.score(*others))
    with pytest.raises(InputError, match="other labels than those trained on"):
        transcriber.compare(data[0][:1], ["five"], *others)


def test_whole_groups_are_held_out(data):
    X, y = data
    groups = np.arange(len(X)) % 4
    model = SequenceTranscriber(**SMALL, validation_fraction=0.25).fit(X, y, groups)
    # Two of the four, of 30 sequences each.
    assert model.results_["scores"]["split"].startswith("validation: 60 sequences")
    with pytest.raises(InputError, match="groups has shape"):
        model.fit(X, y, groups[1:])


def test_lists_of_labels_come_back_as_they_were(data, tmp_path):
    X, texts = data
    y = [[{"one": 1, "two": 2}.get(word, word) for word in t.split()] for t in texts]
    model = SequenceTranscriber(**SMALL).fit(X, y)
    assert model.labels_ == [1, 2, "four", "three"]
    assert model.results_["scores"]["metric"] == "label error rate"
    again = load(model.save(tmp_path))
    assert again.labels_ == model.labels_
    assert all(isinstance(row, list) for row in again.predict(X[:3]))
    with pytest.raises(InputError, match=r"y holds texts, .* fitted with lists of"):
        again.score(X, texts)


def test_steps_read_as_one(data, others):
    single = SequenceTranscriber(**SMALL, frames=1).fit(*data)
    double = SequenceTranscriber(**SMALL, frames=3).fit(*data)
    assert double.network_.channels == 3 * single.network_.channels
    assert double.frames_ == 3
    for x, one in zip(others[0], double.transcribe(others[0]), strict=True):
        assert all(end <= len(x) for _, end in one.spans)


def test_an_empty_text_and_nothing_held_out(data):
    X, y = data
    silence = [np.zeros((9, 3))] * 3
    model = SequenceTranscriber(**SMALL, validation_fraction=0.0)
    model.fit([*X, *silence], [*y, "", " ", ""])
    assert "scores" not in model.results_
    assert any("nothing was held out" in note for note in model.results_["notes"])
    assert model.evaluate(silence, [""] * 3)["rows"][0]["values"]["exact matches"] >= 0


def test_labels_that_were_not_learned_count_as_errors(transcriber, others):
    X, y = others
    before = dict(transcriber.results_)
    scores = transcriber.evaluate(X, [f"{text} five" for text in y])
    transcriber.results_ = before
    assert "It cannot say 'five'" in scores["verdict"]
    assert scores["rows"][0]["values"]["exact matches"] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y: (X, y[:-1]), "X has 120 sequences and y 119 rows"),
        (lambda X, y: (X, "abc"), "y must be a list of texts"),
        (lambda X, y: (X, [3, *y[1:]]), r"y\[0\] must be a text or a list of labels"),
        (lambda X, y: (X, [["a"], *y[1:]]), r"y\[1\] is a text and y\[0\] a list"),
        (lambda X, y: (X, [[1.5]] * 120), r"y\[0\]\[0\] must be a label"),
        (lambda X, y: (X, [[" "]] * 120), "a str that is not blank"),
        (lambda X, y: (X, [" "] * 120), "y has no label"),
        (lambda X, y: (X, ["a\ud800", *y[1:]]), r"y\[0\]: .* surrogate"),
        (
            lambda X, y: (X, [*y[:3], "one " * 40, *y[4:]]),
            r"y\[3\] has 40 labels, 39 of them as the one before, which take 79 steps",
        ),
        (lambda X, y: ([[]] * 120, y), r"X\[0\] has no steps"),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(data, change, words):
    with pytest.raises(InputError, match=words) as raised:
        SequenceTranscriber(**SMALL).fit(*change(*data))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tokens": "word"}, "did you mean 'words'"),
        ({"encoder": "tcm"}, "did you mean 'tcn'"),
        ({"frames": 0}, "frames"),
        ({"frames": 40}, r"2 with frames=40.* or a smaller frames"),
        ({"beam": 0}, "beam"),
    ],
)
def test_a_parameter_out_of_range_is_one_line(data, options, words):
    with pytest.raises(InputError, match=words) as raised:
        SequenceTranscriber(**{**SMALL, **options}).fit(*data)
    assert "\n" not in str(raised.value)


def test_the_public_name_is_lazy():
    assert elman.SequenceTranscriber is SequenceTranscriber
