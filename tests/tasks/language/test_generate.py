"""New text: what is drawn, from what, and where it ends."""

from __future__ import annotations

import math

import pytest
import torch

from elman import InputError, LanguageModel
from elman.tasks.language._generate import Sampling


def test_at_temperature_zero_it_is_the_likeliest(model):
    found = model.generate("the ", 12, temperature=0)
    written = "\nthe "
    for _ in range(12):
        ids = torch.from_numpy(model.vocabulary_.encode(written))[None]
        with torch.no_grad():
            scores = model.network_(ids)[0][0, -1]
        scores[model.vocabulary_.unknown] = -math.inf
        written += model.vocabulary_.pieces([int(scores.argmax())])[0]
    assert found == written[len("\nthe ") :]
    assert found == model.generate("the ", 12, temperature=0, seed=7)
    assert found == model.generate("the ", 12, top_k=1, seed=7)
    assert found == model.generate("the ", 12, top_p=1e-9, seed=7)


def test_the_same_seed_writes_the_same(model):
    texts = [model.generate("", 60, temperature=1.5, seed=s) for s in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    state = torch.get_rng_state()
    model.generate("", 5)
    assert torch.equal(torch.get_rng_state(), state)


def test_it_comes_in_pieces_and_ends_at_the_stop(model):
    pieces = list(model.stream("the", 80, seed=3))
    assert len(pieces) == 80
    whole = "".join(pieces)
    stop = whole[20:23]
    found = model.generate("the", 80, seed=3, stop=stop)
    assert found == whole[: whole.index(stop) + len(stop)]


def test_what_is_not_known_is_never_written():
    draw = torch.Generator().manual_seed(0)
    scores = torch.tensor([-math.inf, 0.0, 1.0])
    assert {Sampling(5.0).draw(scores, draw) for _ in range(50)} == {1, 2}


def test_chances_are_those_of_the_scores():
    draw = torch.Generator().manual_seed(0)
    scores = torch.tensor([0.7, 0.2, 0.1]).log()

    def shares(**how):
        found = [Sampling(1.0, **how).draw(scores, draw) for _ in range(4000)]
        return [found.count(i) / 4000 for i in range(3)]

    assert shares() == pytest.approx([0.7, 0.2, 0.1], abs=0.04)
    assert shares(top_k=2) == pytest.approx([7 / 9, 2 / 9, 0], abs=0.04)
    assert shares(top_p=0.75) == pytest.approx([7 / 9, 2 / 9, 0], abs=0.04)
    assert shares(top_p=0.7) == [1, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"prompt": "sün☃"},
            "prompt: the text trained on has no 'ü', '☃'; le",
        ),
        ({"prompt": 3}, "prompt must be a str, got int"),
        ({"length": 0}, "length must be at least 1"),
        ({"temperature": -1}, "temperature must be"),
        ({"top_k": 0}, "top_k must be at least 1"),
        ({"top_p": 1.5}, "top_p must be above 0 and at most 1, got 1.5"),
        ({"stop": ""}, "stop must be a str of one character or more"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_what_cannot_be_used_is_one_line(model, arguments, words):
    with pytest.raises(InputError, match=words) as caught:
        model.generate(**arguments)
    assert "\n" not in str(caught.value)


def test_an_unfitted_model_says_so():
    with pytest.raises(ValueError, match="not fitted"):
        LanguageModel().generate("a")
