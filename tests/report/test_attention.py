"""Translations on the page, and where they looked."""

from __future__ import annotations

import pytest

from elman import InputError
from elman.report import check_attention_file, render, write_attention

DRAWN = {
    "source": ["a", "dog", "⏎"],
    "target": ["ein", "hund", "·e <b>"],
    "weights": [[0.9, 0.1, 0.0], [0.0, 1.0, 0.0], [0.3, 0.3, 0.4]],
}


def test_translations_stand_beside_what_was_asked():
    row = {"source": "a dog", "reference": "ein hund", "translation": "ein <hund>"}
    page = render({"task": "translate", "translations": [{**row, "greedy": "hund"}]})
    assert "What it translates" in page
    assert "ein &lt;hund&gt;" in page
    assert "The likeliest words" in page
    same = render({"translations": [{**row, "greedy": row["translation"]}]})
    assert "The likeliest words" not in same


def test_each_weight_is_a_square():
    page = render({"task": "translate", "attention": [DRAWN]})
    assert page.count("<figure>") == 1
    assert "·e &lt;b&gt;" in page
    assert "How it learned" not in page
    for weight in (0.9, 0.4):  # in the wide and in the narrow drawing
        assert page.count(f"opacity: {weight}") == 2


@pytest.mark.parametrize(
    "damaged",
    [
        {**DRAWN, "source": []},
        {**DRAWN, "weights": DRAWN["weights"][:2]},
        {**DRAWN, "weights": [[1.0]] * 3},
    ],
)
def test_what_does_not_fit_is_left_out(damaged):
    assert "<figure>" not in render({"attention": [damaged]})


def test_signatures_stand_below_the_scores():
    rows = [{"model": "network", "kind": "network", "values": {"BLEU": 30.0}}]
    scores = {"metric": "BLEU", "rows": rows, "signatures": {"BLEU": "tok:none"}}
    assert "BLEU: tok:none" in render({"scores": scores})


@pytest.mark.parametrize("ending", [".png", ".svg", ".html"])
def test_a_file_of_its_own(tmp_path, ending):
    path = tmp_path / f"seen{ending}"
    note = write_attention(path, [DRAWN, DRAWN])
    assert ("the first of 2" in note) == (ending != ".html")
    content = path.read_bytes()
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".html": b"<!DOCTYPE html>"}
    assert content.startswith(start[ending])


def test_a_file_of_another_kind_and_nothing_to_draw_are_one_line(tmp_path):
    with pytest.raises(InputError, match=r"must end in \.html, \.png"):
        check_attention_file("--attention", tmp_path / "seen.gif")
    with pytest.raises(InputError, match="no translation to draw"):
        write_attention(tmp_path / "seen.png", [])


def test_letters_without_a_sign_or_a_font_are_drawn_without_a_word(tmp_path, recwarn):
    odd = {**DRAWN, "target": ["a\x0b", "数字", "\x00\x85"]}
    page = render({"task": "translate", "attention": [odd]})
    assert "数字" in page
    assert "\x00" not in page
    write_attention(tmp_path / "odd.png", [odd])
    assert not recwarn.list
