"""The most probable token, one after another."""

from __future__ import annotations

import pytest
import torch

from elman import InputError
from elman.models.translation import END, START, greedy
from lively_translator import LENGTHS, lively, sources


@pytest.mark.parametrize("input_feeding", [False, True])
def test_each_token_is_the_best_after_those_before(input_feeding):
    """By a call over the whole of what was written."""
    net = lively(input_feeding=input_feeding)
    source = sources()
    most = torch.tensor([6, 9, 4, 40])
    found = greedy(net, source, LENGTHS, most=most)
    assert {one.finished for one in found} == {True, False}
    for n, one in enumerate(found):
        given = torch.tensor([[START, *one.tokens]])
        with torch.no_grad():
            scores = net(source[n : n + 1, : LENGTHS[n]], None, given)[0]
        chances = scores.log_softmax(-1)
        allowed = chances.clone()
        allowed[:, :2] = -torch.inf
        written = [*one.tokens, END] if one.finished else one.tokens
        assert allowed.argmax(-1)[: len(written)].tolist() == written
        total = sum(float(chances[u, token]) for u, token in enumerate(written))
        assert one.log_prob == pytest.approx(total, abs=1e-10)
        assert one.score == pytest.approx(total * 6 / (5 + len(written)), abs=1e-10)
        assert one.attention.shape == (len(one.tokens), LENGTHS[n])
        assert len(written) == most[n] or one.finished


def test_a_sentence_is_translated_alike_in_any_company():
    net, source = lively(), sources(extra=3)
    together = greedy(net, source, LENGTHS)
    for n, one in enumerate(together):
        (alone,) = greedy(net, source[n : n + 1, : LENGTHS[n]])
        assert alone.tokens == one.tokens
        assert alone.score == pytest.approx(one.score, abs=1e-10)
        torch.testing.assert_close(alone.attention, one.attention, rtol=0, atol=1e-10)


def test_a_source_without_tokens_is_named():
    with pytest.raises(InputError, match="source: number 1 has no tokens"):
        greedy(lively(), sources()[:2], torch.tensor([5, 0]))
