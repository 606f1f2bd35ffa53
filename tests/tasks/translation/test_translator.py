"""A translator from pairs to its scores, on disk and back."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

import elman
from elman import InputError, Translator
from elman.cells import sigmoid, tanh
from elman.tasks import load
from elman.training import Callback, Checkpoints

SMALL = {
    "tokens": "words",
    "hidden_size": 8,
    "epochs": 1,
    "metric": "exact",
    "beam": 2,
    "random_state": 3,
}


def test_it_learns(translator, others):
    rows = {
        row["model"]: row["values"] for row in translator.results_["scores"]["rows"]
    }
    assert rows["network"]["exact matches"] > 0.6
    assert rows["network"]["word error rate"] < 0.2
    # What a table of words cannot get wrong here.
    assert rows["word by word"]["exact matches"] == 1.0
    assert rows["copy of the source"]["exact matches"] == 0.0
    assert translator.score(*others) > 0.6


def test_translations_with_their_scores(translator):
    text = "a moon sings ."
    (each,) = translator.translate([text], n_best=3)
    assert len(each) == 3
    assert [one.score for one in each] == sorted((o.score for o in each), reverse=True)
    assert each[0].text == translator.translate(text)
    assert each[0].text == "".join(each[0].tokens).strip()
    assert len(translator.translate(text, n_best=7)) == 7  # a beam as wide as that


def test_an_empty_text_has_an_empty_translation(translator):
    found = translator.translate(["a sun .", "  ", "a rain ."])
    assert found[1] == ""
    assert found == [*translator.translate(["a sun ."]), "", found[2]]
    assert translator.translate("") == ""
    assert translator.attention("").attention.shape == (0, 0)


def test_attention_is_a_distribution_over_the_source(translator):
    found = translator.attention("a sun sings .")
    assert found.source == [" a", " sun", " sings", " .", "⏎"]
    assert found.attention.shape == (len(found.tokens), 5)
    np.testing.assert_allclose(found.attention.sum(1), 1, rtol=1e-5)
    assert translator.drawn(found)["source"] == ["a", "sun", "sings", ".", "⏎"]


def test_batch_mates_have_no_say(translator, others):
    together = translator.translate(others[0])
    assert together[:6] == [translator.translate(text) for text in others[0][:6]]


def test_an_unknown_word_is_taken_over_from_the_source(pairs):
    source, target = pairs
    source = [text.replace("moon", f"Name{i}") for i, text in enumerate(source)]
    target = [text.replace("mond", f"Name{i}") for i, text in enumerate(target)]
    translator = Translator(**SMALL, min_count=2).fit(source, target)
    assert translator.results_["scores"]["unknown"]["source"] > 0.01
    assert "tokens are unknown" in translator.results_["scores"]["verdict"]
    side = translator.sides_[0]
    ids = side.encode("a Xyz .")
    assert side.pieces(ids, ["1", "2", "3"]) == [" a", "2", " ."]


def test_a_saved_translator_is_the_same_in_another_process(translator, tmp_path):
    translator.save(tmp_path / "run")
    assert sorted(p.suffix for p in (tmp_path / "run").iterdir()) == [
        *(".json", ".safetensors", ".toml")
    ]
    program = (
        "import sys, json, elman; t = elman.load(sys.argv[1]);"
        " (each,) = t.translate(['a rain sings a moon .'], n_best=2);"
        " print(json.dumps([[one.text, one.score] for one in each]))"
    )
    run = [sys.executable, "-c", program, str(tmp_path / "run")]
    found = json.loads(subprocess.run(run, capture_output=True, check=True).stdout)
    (each,) = translator.translate(["a rain sings a moon ."], n_best=2)
    assert [text for text, _ in found] == [one.text for one in each]
    assert [score for _, score in found] == pytest.approx([o.score for o in each])


def test_a_loaded_translator_scores_others_without_baselines(
    translator, others, tmp_path
):
    again = load(translator.save(tmp_path / "run"))
    scores = again.evaluate(*others, split="test, others")
    names = [row["model"] for row in scores["rows"]]
    assert names == ["network", "network, greedy"]
    assert scores["split"].startswith("test, others, 40 pairs")
    value = scores["rows"][0]["values"]["exact matches"]
    assert value == pytest.approx(translator.score(*others))


class Stop(Callback):
    def __init__(self, at):
        self.at = at

    def on_step(self, state):
        if state.step == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["words", "subwords"])
def test_a_run_that_was_stopped_goes_on_with_the_same_bits(pairs, tmp_path, kind):
    drawn: dict[str, object] = {}
    if kind == "subwords":
        pytest.importorskip("tokenizers")
        drawn = {"tokens": kind, "vocabulary_size": 280, "subword_dropout": 0.3}

    def fitted(**more):
        options = {"epochs": 2, "training": {"tokens_per_batch": 120}, **drawn}
        return Translator(**{**SMALL, **options, **more}).fit(*pairs)

    whole = fitted()
    fitted(checkpoints=tmp_path, callbacks=[Stop(14)])
    again = fitted(checkpoints=Checkpoints(tmp_path, resume=True))
    ours, theirs = whole.network_.state_dict(), again.network_.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert whole.results_["samples"] == again.results_["samples"]


class Leaky(elman.Cell):
    def step(self, x, h):
        f = sigmoid(self.linear("f", x, h))
        return f * h + (1 - f) * tanh(self.linear("g", x))


@pytest.mark.parametrize(
    "options",
    [
        {"encoder": "tcn", "cell": "lstm", "num_layers": 2},
        {"encoder": "transformer", "input_feeding": True},
        {"cell": Leaky(), "encoder_layers": 2},
        {"cell": Leaky(), "encoder": "tcn"},
        {"tokens": "characters", "target_tokens": "words", "tied": False},
        {"joint": True, "embedding_size": 6, "validation_fraction": 0.0},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_kinds_cells_and_encoders(pairs, options, tmp_path):
    translator = Translator(**{**SMALL, **options}).fit(*pairs)
    again = load(translator.save(tmp_path))
    text = "a sun sings ."
    assert again.translate(text, n_best=1)[0].score == pytest.approx(
        translator.translate(text, n_best=1)[0].score
    )
    shared = translator.sides_[0] is translator.sides_[1]
    assert shared == bool(options.get("joint"))
    assert (again.sides_[0] is again.sides_[1]) == shared


def test_subwords_are_joint_and_scored_by_bleu(pairs, tmp_path):
    pytest.importorskip("tokenizers")
    pytest.importorskip("sacrebleu")
    options = {**SMALL, "tokens": "auto", "metric": "auto", "vocabulary_size": 300}
    translator = Translator(**options).fit(*pairs)
    source, target = translator.sides_
    assert source is target
    assert source.kind == "subwords"
    scores = translator.results_["scores"]
    assert scores["metric"] == "BLEU"
    assert "tok:none" in scores["signatures"]["BLEU"]
    assert 0 <= scores["rows"][0]["values"]["BLEU"] <= 100
    again = load(translator.save(tmp_path))
    assert again.sides_[0] is again.sides_[1]
    assert again.translate("a sun .") == translator.translate("a sun .")


def test_a_text_far_longer_than_others_is_not_learned_from_and_translated(pairs):
    source, target = ([*side, " ".join([side[0]] * 300)] for side in pairs)
    translator = Translator(**SMALL, validation_fraction=0.0).fit(source, target)
    (note,) = (n for n in translator.results_["notes"] if "longer than" in n)
    assert note.startswith("1 pair is longer than 100 tokens")
    found = translator.translate([source[-1][:400], source[0]])
    assert found[1] == translator.translate(source[0])


def test_empty_sides_are_left_out_and_counted(pairs):
    source, target = ([*side] for side in pairs)
    source[3] = target[5] = " "
    translator = Translator(**SMALL).fit(source, target)
    assert "2 pairs have an empty side and are left out" in translator.results_["notes"]


def test_a_validation_part_of_ones_own(pairs, others):
    translator = Translator(**SMALL).fit(*pairs, validation=others)
    assert ", 40 pairs;" in translator.results_["scores"]["split"]
    assert len(translator._training) == len(pairs[0])
    note = "of 40 sources of the validation part are in the training part too"
    assert any(note in n for n in translator.results_["notes"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((["a"] * 9, ["b"] * 8), "source has 9 texts and target 8"),
        ((["a"], ["b"]), "there is 1 pair with text on both sides, too few"),
        ((["a", ""] * 5, ["", "b"] * 5), "there are 0 pairs"),
        (("abc", ["b"]), "source must be a list of str, .* got str; put it into"),
        ((["a"] * 9, [*["b"] * 8, None]), r"target\[8\] must be a str, got NoneType"),
        ((["a"] * 9, ["b\ud800"] * 9), r"target\[0\]: .* surrogate"),
    ],
)
def test_texts_that_are_no_pairs_are_one_line(given, words):
    with pytest.raises(InputError, match=words) as raised:
        Translator(**SMALL).fit(*given)
    assert "\n" not in str(raised.value)


def test_nothing_to_score_and_more_than_one_text_are_one_line(translator):
    for score in (translator.score, translator.evaluate):
        with pytest.raises(InputError, match="no pair with text on both sides"):
            score(["a", ""], [" ", "b"])
    with pytest.raises(InputError, match="text must be one str, got list"):
        translator.attention(["a", "b"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tokens": "word"}, "did you mean 'words'"),
        ({"encoder": "tcm"}, "did you mean 'tcn'"),
        (
            {"cell": "transformer"},
            "transformer only reads; write encoder='transformer'",
        ),
        ({"joint": True, "target_tokens": "characters"}, "joint=True asks for one"),
        ({"max_length": 1}, "max_length=1 leaves out every pair"),
        ({"label_smoothing": 1.0}, "label_smoothing"),
        ({"beam": 0}, "beam"),
    ],
)
def test_a_parameter_out_of_range_is_one_line(pairs, options, words):
    with pytest.raises(InputError, match=words) as raised:
        Translator(**{**SMALL, **options}).fit(*pairs)
    assert "\n" not in str(raised.value)


def test_what_reads_beside_others_of_its_size(translator, pairs, others, tmp_path):
    before = dict(translator.results_)
    found = translator.compare(
        *pairs,
        None,
        *others,
        encoders=["tcn", "rnn"],
        seconds=0.2,
        split="test, others",
        checkpoints=tmp_path,
    )
    translator.results_ = before
    assert [row["model"] for row in found["rows"]] == ["GRU", "TCN", "RNN"]
    sizes = [row["parameters"] for row in found["rows"]]
    assert max(sizes) < 1.1 * min(sizes)
    own = found["rows"][0]["values"]["exact matches"]
    assert own == pytest.approx(translator.score(*others))
    assert "by " in found["verdict"]
    with pytest.raises(InputError, match="the pairs have other tokens"):
        translator.compare(others[1], others[0], encoders="rnn")
