"""Translators that write together."""

from __future__ import annotations

import pytest

from elman import InputError, Translator

SMALL = {"tokens": "words", "epochs": 1, "metric": "exact", "beam": 2}


def test_they_translate_and_score_together(translator, pairs, others, tmp_path):
    another = Translator(**SMALL, hidden_size=6, validation_fraction=0.1).fit(*pairs)
    together = translator.joined(another)
    (one,) = together.translate(["a sun sings ."], n_best=1)
    alone = translator.translate("a sun sings .", n_best=1)
    assert one[0].log_prob != pytest.approx(alone[0].log_prob)
    assert together.translate(others[0][:3], beam=1)
    value = together.score(*others)
    rows = together.evaluate(*others)["rows"]
    assert rows[0]["values"]["exact matches"] == pytest.approx(value)
    # Neither of them is another one now.
    assert translator.results_["scores"] is not together.results_["scores"]
    again = translator.translate("a sun sings .", n_best=1)[0]
    assert again.score == pytest.approx(alone[0].score)
    three = together.joined(translator)
    assert len(three.network_.networks) == 3
    with pytest.raises(InputError, match="save each of them"):
        together.save(tmp_path)


def test_what_does_not_fit_together(translator, pairs):
    with pytest.raises(InputError, match="got str as number 1"):
        translator.joined("runs/other")
    other = Translator(**SMALL, hidden_size=4).fit(pairs[1], pairs[0])
    with pytest.raises(InputError, match="number 2 has other tokens"):
        translator.joined(translator, other)
