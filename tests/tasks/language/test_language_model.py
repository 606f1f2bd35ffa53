"""A language model from a text to its scores, on disk and back."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

import elman
from elman import InputError, LanguageModel
from elman.tasks import load
from elman.training import Callback, Checkpoints

SMALL = {"hidden_size": 16, "batch_size": 4, "window": 20, "random_state": 3}


def test_it_learns(model):
    rows = {row["model"]: row["values"] for row in model.results_["scores"]["rows"]}
    own, frequent = rows["network"], rows["how often each is"]
    assert own["nats a character"] < 0.6 * frequent["nats a character"]
    bits = own["nats a character"] / np.log(2)
    assert own["bits a character"] == pytest.approx(bits)
    assert own["perplexity"] == pytest.approx(np.exp(own["nats a character"]))


def test_scores_are_of_one_pass_over_the_whole_held_out_part(model, text):
    held_out = text[int(0.9 * len(text)) :]
    ids = torch.from_numpy(model.vocabulary_.encode("\n" + held_out))
    with torch.no_grad():
        scores, _ = model.network_(ids[None, :-1])
    expected = float(cross_entropy(scores[0].double(), ids[1:]))
    assert model.score(held_out) == pytest.approx(-expected, rel=1e-5)
    assert model.log_prob(held_out) == pytest.approx(
        -expected * len(held_out), rel=1e-5
    )
    values = model.results_["scores"]["rows"][0]["values"]
    assert values["nats a character"] == pytest.approx(expected, rel=1e-5)


def test_the_vocabulary_is_that_of_the_training_part(text):
    model = LanguageModel(**SMALL, epochs=1).fit(text + "ζ" * 20)
    assert model.vocabulary_.strangers("ζ") == ["ζ"]
    unknown = model.results_["scores"]["unknown"]
    held_out = len(text) + 20 - int(0.9 * (len(text) + 20))
    assert unknown["share"] == pytest.approx(20 / held_out)
    assert "are <unk>" in model.results_["scores"]["verdict"]


def test_a_saved_model_is_the_same_in_another_process(model, tmp_path):
    model.save(tmp_path / "run")
    assert sorted(p.suffix for p in (tmp_path / "run").iterdir()) == [
        *(".json", ".safetensors", ".toml")
    ]
    program = (
        "import sys, json, elman; m = elman.load(sys.argv[1]);"
        " print(json.dumps([m.log_prob('the sun'), m.generate('the', 20)]))"
    )
    run = [sys.executable, "-c", program, str(tmp_path / "run")]
    found = json.loads(subprocess.run(run, capture_output=True, check=True).stdout)
    assert found[1] == model.generate("the", 20)
    assert found[0] == pytest.approx(model.log_prob("the sun"), rel=1e-6)


def test_a_loaded_model_scores_another_text_without_n_grams(model, writing, tmp_path):
    again = load(model.save(tmp_path / "run"))
    scores = again.evaluate(writing(40, seed=9), split="test, another")
    assert [row["model"] for row in scores["rows"]] == ["network"]
    assert scores["split"] == "test, another"
    before = dict(model.results_)
    beside = model.evaluate(writing(40, seed=9))
    model.results_ = before
    assert beside["rows"][0] == scores["rows"][0]
    assert len(beside["rows"]) == 5


class Stop(Callback):
    def __init__(self, at):
        self.at = at

    def on_step(self, state):
        if state.step == self.at:
            raise KeyboardInterrupt


def test_a_run_that_was_stopped_goes_on_with_the_same_bits(text, tmp_path):
    def fitted(**more):
        options = {"cell": "lstm", "weight_dropout": 0.2, "state_dropout": 0.1}
        return LanguageModel(**SMALL, epochs=2, **options, **more).fit(text)

    whole = fitted()
    fitted(checkpoints=tmp_path, callbacks=[Stop(9)])
    again = fitted(checkpoints=Checkpoints(tmp_path, resume=True))
    ours, theirs = whole.network_.state_dict(), again.network_.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert whole.results_["samples"] == again.results_["samples"]


@pytest.mark.parametrize(
    "options",
    [
        {"tokens": "words", "tied": True, "num_layers": 2, "embedding_dropout": 0.1},
        {"tokens": "bytes", "cell": "lstm", "tied": True, "embedding_size": 8},
        {"cell": "mingru", "dropout": 0.1},
        {"cell": "mgu", "weight_dropout": 0.5, "validation_fraction": 0.0},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_kinds_and_cells(text, options, tmp_path):
    model = LanguageModel(**SMALL, epochs=1, **options).fit(text)
    assert np.isfinite(model.log_prob("the sun"))
    again = load(model.save(tmp_path))
    assert again.generate("the", 5) == model.generate("the", 5)
    assert again.get_params()["tokens"] == model.tokens


@pytest.mark.parametrize("encoder", ["tcn", "transformer"])
def test_encoders_that_carry_no_state(text, encoder, tmp_path):
    options = {**SMALL, "learning_rate": 0.01, "epochs": 4, "encoder": encoder}
    model = LanguageModel(**options).fit(text)
    rows = {row["model"]: row["values"] for row in model.results_["scores"]["rows"]}
    own, frequent = rows["network"], rows["how often each is"]
    assert own["nats a character"] < 0.9 * frequent["nats a character"]
    assert model.network_.context == 20
    # Every token of the held-out part is judged, each as it is generated: from the
    # window that has slid so far.
    held_out = text[int(0.9 * len(text)) :]
    assert model.score(held_out) == pytest.approx(-own["nats a character"])
    ids = model.vocabulary_.encode("\n" + held_out[:40])
    state, nats = None, 0.0
    for now, following in itertools.pairwise(torch.from_numpy(ids)):
        with torch.no_grad():
            scores, state = model.network_(now[None, None], state)
        nats += float(cross_entropy(scores[0], following[None]))
    assert model.log_prob(held_out[:40]) == pytest.approx(-nats, rel=1e-5)
    assert any("a window that slides" in note for note in model.results_["notes"])
    again = load(model.save(tmp_path))
    assert again.generate("the", 30) == model.generate("the", 30)
    assert again.encoder == encoder


def test_one_without_a_state_goes_on_with_the_same_bits(text, tmp_path):
    def fitted(**more):
        options = {"encoder": "transformer", "embedding_dropout": 0.1, "epochs": 2}
        return LanguageModel(**SMALL, **options, **more).fit(text)

    whole = fitted()
    fitted(checkpoints=tmp_path, callbacks=[Stop(9)])
    again = fitted(checkpoints=Checkpoints(tmp_path, resume=True))
    ours, theirs = whole.network_.state_dict(), again.network_.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_run_from_before_there_were_encoders_loads(model, tmp_path):
    model.save(tmp_path)
    toml = tmp_path / "run.toml"
    lines = toml.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(("context", "encoder"))]
    assert len(kept) < len(lines)
    toml.write_text("".join(kept))
    again = load(tmp_path)
    assert again.generate("the", 20) == model.generate("the", 20)


def test_subwords(text):
    pytest.importorskip("tokenizers")
    model = LanguageModel(tokens="subwords", vocabulary_size=300, **SMALL, epochs=1)
    model.fit(text)
    assert model.vocabulary_.size <= 300
    assert len(model.vocabulary_.encode(text)) < 0.6 * len(text)


def test_sizes_follow_the_text(writing):
    sizes = []
    for count in (300, 9000):
        model = LanguageModel(epochs=1, max_seconds=0.01, init="default")
        model.set_params(validation_fraction=0.0).fit(writing(count))
        config = model.network_.config()
        sizes.append((config["hidden_size"], config["tied"]))
    assert sizes == [(64, False), (96, False)]


def test_a_file_is_read(text, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    options = {**SMALL, "epochs": 1, "validation_fraction": 0.0}
    ours, theirs = (LanguageModel(**options).fit(t) for t in (path, text))
    assert ours.log_prob("the") == theirs.log_prob("the")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "the text is empty"),
        (" \n\n", "the text is empty"),
        ("one line", "the text has 8 characters, too few to learn from"),
        ("a" * 500, "the text is the character 'a' alone"),
        (["a", "b"], "the text has 2 characters, too few to learn from"),
        (
            ["a", 2],
            r"text\[1\] must be a str, or the pathlib.Path of a text file, got int",
        ),
        (b"bytes", "got bytes"),
        ("ab\ud800c" * 300, "text: .* at character 2 is half of a surrogate pair"),
    ],
)
def test_a_text_that_cannot_be_used_is_one_line(given, words):
    with pytest.raises(InputError, match=words) as caught:
        LanguageModel(**SMALL).fit(given)
    assert "\n" not in str(caught.value)


def test_line_ends_are_alike_in_texts_and_files(model, tmp_path):
    text = "the sun\r\nsings\r\nthe\rmoon\n"
    path = tmp_path / "ends.txt"
    path.write_bytes(text.encode())
    plain = "the sun\nsings\nthe\nmoon\n"
    assert model.log_prob(text) == model.log_prob(path) == model.log_prob(plain)
    assert model.generate("sun\r\n", 9) == model.generate("sun\n", 9)


def test_a_text_of_one_line_will_do(writing):
    model = LanguageModel(**SMALL, epochs=1).fit(writing(200).replace("\n", " "))
    assert np.isfinite(model.log_prob("the sun\n"))


def test_an_empty_text_has_no_score(model):
    with pytest.raises(
        InputError, match="the text is empty: there is nothing to score"
    ):
        model.score("")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tokens": "letters"}, "tokens must be one of characters, bytes"),
        ({"hidden_size": "big"}, "hidden_size must be a whole number"),
        ({"tied": "yes"}, "tied must be True, False or 'auto'"),
        ({"cell": "gruu"}, "cell must be one of .*did you mean 'gru'"),
        ({"encoder": "tcnn"}, "encoder must be one of .*did you mean 'tcn'"),
        ({"encoder": "tcn", "cell": "lstm"}, "are two names for one choice"),
        ({"encoder": "tcn", "init": "chrono"}, "a temporal convolution has none"),
        ({"cell": "transformer", "weight_dropout": 0.1}, "has no recurrent matrix"),
        ({"encoder": "tcn", "state_dropout": 0.1}, "convolution has no state; leave"),
        ({"init": "chrono", "cell": "rnn"}, "init='chrono' sets a gate"),
        ({"cell": "mingru", "state_dropout": 0.1}, "recurrent_dropout: no recurrent"),
        ({"cell": "mingru", "weight_dropout": 0.1}, "mingru has no recurrent matrix"),
        ({"training": {"accumulate": 2}}, "accumulate does not combine with streams"),
        ({"batch_size": 10_000}, "batch_size=10,000 asks for more streams than"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_one_line(text, options, words):
    with pytest.raises(InputError, match=words) as caught:
        LanguageModel(**options).fit(text)
    assert "\n" not in str(caught.value)


def test_it_is_public():
    assert elman.LanguageModel is LanguageModel
