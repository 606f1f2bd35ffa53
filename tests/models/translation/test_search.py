"""Beam search beside every sentence there is, and beside a search of one at a time.

The model is a table: five tokens, of which three continue anything, and a state that
depends on all tokens before. So a state that did not follow its hypothesis shows.
"""

from __future__ import annotations

import math
from itertools import product
from typing import NamedTuple

import pytest
import torch

from elman import InputError
from elman.models.translation import END, START, greedy, search
from lively_translator import LENGTHS, lively, sources

STATES, VOCABULARY, PLACES = 11, 5, 3


class Marks(NamedTuple):
    """The state: one number for what was written."""

    mark: torch.Tensor

    def rows(self, index):
        return Marks(self.mark[index])


class Remembered(NamedTuple):
    """Of each sentence its kind, its mask and where it starts."""

    kind: torch.Tensor
    mask: torch.Tensor
    state: Marks

    def rows(self, index):
        return Remembered(self.kind[index], self.mask[index], self.state.rows(index))


class Table:
    """Scores drawn for each kind of sentence and state."""

    def __init__(self, seed, *, end=0.0):
        draw = torch.Generator().manual_seed(seed)
        sizes = (3, STATES, VOCABULARY)
        self.scores = 2 * torch.randn(sizes, generator=draw, dtype=torch.float64)
        self.scores[..., END] += end
        sizes = (3, STATES, PLACES)
        self.places = torch.randn(sizes, generator=draw, dtype=torch.float64)
        self.rows = []

    def encode(self, source, lengths):
        if lengths is None:
            lengths = torch.full((len(source),), source.shape[1])
        mask = torch.arange(source.shape[1]) < lengths[:, None]
        return Remembered(
            source[:, 0] % 3, mask, Marks(torch.zeros(len(source)).long())
        )

    def step(self, tokens, state, memory):
        self.rows.append(len(tokens))
        mark = (3 * state.mark + tokens + 1) % STATES
        many = len(tokens) // len(memory.mask)
        kind = memory.kind.repeat_interleave(many)
        mask = memory.mask.repeat_interleave(many, 0)
        places = torch.zeros(mask.shape, dtype=torch.float64)
        places[:, :PLACES] = self.places[kind, mark][:, : mask.shape[1]]
        seen = places.masked_fill(~mask, -torch.inf).softmax(-1)
        return self.scores[kind, mark], seen, Marks(mark)


SOURCE = torch.tensor([[4, 3, 3, 0], [5, 4, 0, 0], [3, 3, 3, 0], [4, 0, 0, 0]])
SOURCE_LENGTHS = torch.tensor([3, 2, 3, 1])


def judged(model, row, tokens, penalty, coverage, *, ended=True):
    """A hypothesis' logarithm, score and attention, by a loop."""
    length = int(SOURCE_LENGTHS[row])
    memory = model.encode(SOURCE[row : row + 1, :length], None)
    state, total, seen = memory.state, 0.0, []
    written = [*tokens, END] if ended else list(tokens)
    for before, token in zip([START, *tokens], written, strict=False):
        scores, places, state = model.step(torch.tensor([before]), state, memory)
        total += float(scores[0].log_softmax(-1)[token])
        seen.append(places[0])
    score = total / ((5 + len(written)) / 6) ** penalty
    looked = torch.stack(seen).sum(0)
    score += coverage * sum(math.log(min(1.0, float(a))) for a in looked)
    return total, score, torch.stack(seen)[: len(tokens)]


def every(model, row, most, penalty, coverage):
    """All that can be written and ended within so many steps, the best first."""
    found = []
    for length in range(most):
        for tokens in product((3, 4), repeat=length):
            total, score, _ = judged(model, row, tokens, penalty, coverage)
            found.append((score, total, list(tokens)))
    return sorted(found, reverse=True)


def one_at_a_time(model, row, beam, most, penalty, coverage):
    """The same search with lists, which never stops before the last step."""
    opened, ended = [[]], []
    for _ in range(most):
        longer = []
        for tokens in opened:
            for token in (2, 3, 4):
                whole = [*tokens, token]
                value, _, _ = judged(model, row, whole, 0.0, 0.0, ended=False)
                longer.append((value, whole))
        longer = sorted(longer, reverse=True)[:beam]
        ended += [whole[:-1] for _, whole in longer if whole[-1] == END]
        opened = [whole for _, whole in longer if whole[-1] != END]
    scored = [(judged(model, row, t, penalty, coverage)[1], t) for t in ended]
    return sorted(scored, reverse=True)


SETTINGS = [(0.0, 0.0), (1.0, 0.0), (0.6, 0.3), (2.0, 0.0), (0.0, 1.0)]


@pytest.mark.parametrize(("penalty", "coverage"), SETTINGS)
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_that_holds_everything_finds_the_best_of_all(seed, penalty, coverage):
    model = Table(seed)
    most = torch.tensor([5, 3, 4, 5])
    found = search(
        model,
        SOURCE,
        SOURCE_LENGTHS,
        beam=64,
        n_best=7,
        length_penalty=penalty,
        coverage=coverage,
        most=most,
    )
    for row, hypotheses in enumerate(found):
        expected = every(model, row, int(most[row]), penalty, coverage)[:7]
        assert [one.tokens for one in hypotheses] == [t for _, _, t in expected]
        for one, (score, total, tokens) in zip(hypotheses, expected, strict=True):
            assert one.finished
            assert one.score == pytest.approx(score, abs=1e-10)
            assert one.log_prob == pytest.approx(total, abs=1e-10)
            seen = judged(model, row, tokens, 0.0, 0.0)[2]
            torch.testing.assert_close(one.attention, seen, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("penalty", "coverage"), SETTINGS)
@pytest.mark.parametrize("beam", [1, 2, 3])
def test_it_stops_as_soon_as_it_may_and_never_sooner(beam, penalty, coverage):
    """Beside the search that goes on to the end: the same, in fewer steps."""
    most, stopped = 7, 0
    for seed in range(8):
        model = Table(seed, end=1.0)
        found = search(
            model,
            SOURCE,
            SOURCE_LENGTHS,
            beam=beam,
            length_penalty=penalty,
            coverage=coverage,
            most=torch.full((4,), most),
        )
        stopped += len(model.rows) < most
        for row, (best,) in enumerate(found):
            expected = one_at_a_time(model, row, beam, most, penalty, coverage)
            assert best.finished == bool(expected)
            if expected:
                assert best.tokens == expected[0][1]
                assert best.score == pytest.approx(expected[0][0], abs=1e-10)
    assert stopped


def test_a_hypothesis_that_ended_early_is_not_yet_the_best():
    """Length normalised, a longer one passes it: three tokens of log 0.9 each."""
    model = Table(0)
    model.scores[:] = torch.tensor([-9.0, -9.0, 0.4, -9.0, 0.6]).log_softmax(-1)
    model.scores[:, 7] = torch.tensor([-9.0, -9.0, 6.0, -9.0, 0.0])
    plain, normed = (
        search(model, SOURCE[:1], beam=3, length_penalty=penalty)[0][0].tokens
        for penalty in (0.0, 2.0)
    )
    assert len(normed) > len(plain)


@pytest.mark.parametrize("beam", [2, 4])
def test_what_ended_is_kept_as_it_was(beam):
    """Whatever happens after, its tokens, its score and its attention are its own."""
    for seed in range(5):
        model = Table(seed, end=1.0)
        found = search(
            model, SOURCE, SOURCE_LENGTHS, beam=beam, n_best=beam, coverage=0.2
        )
        for row, hypotheses in enumerate(found):
            assert len(hypotheses) == beam
            assert len({tuple(one.tokens) for one in hypotheses}) == beam
            scores = [one.score for one in hypotheses]
            assert scores == sorted(scores, reverse=True)
            for one in hypotheses:
                assert END not in one.tokens
                total, score, seen = judged(model, row, one.tokens, 1.0, 0.2)
                assert one.log_prob == pytest.approx(total, abs=1e-10)
                assert one.score == pytest.approx(score, abs=1e-10)
                torch.testing.assert_close(one.attention, seen, rtol=0, atol=1e-12)


def test_sentences_that_are_done_leave_the_batch():
    model = Table(1, end=1.0)
    together = search(model, SOURCE, SOURCE_LENGTHS, beam=3)
    rows = model.rows
    assert rows[0] == 4
    assert rows == [4, *sorted(rows[1:], reverse=True)]
    alone = []
    for row, length in enumerate(SOURCE_LENGTHS.tolist()):
        model.rows = []
        found = search(model, SOURCE[row : row + 1, :length], beam=3)
        assert found[0][0].tokens == together[row][0].tokens
        alone.append(len(model.rows))
    assert len(rows) == max(alone)
    assert sum(rows[1:]) == 3 * sum(n - 1 for n in alone)


def test_where_nothing_ends_the_best_is_cut_off():
    model = Table(2, end=-60.0)
    most = torch.tensor([4, 2, 3, 2])
    found = search(model, SOURCE, SOURCE_LENGTHS, beam=2, n_best=2, most=most)
    for row, hypotheses in enumerate(found):
        assert [one.finished for one in hypotheses] == [False, False]
        for one in hypotheses:
            assert len(one.tokens) == len(one.attention) == most[row]
            total, score, _ = judged(model, row, one.tokens, 1.0, 0.0, ended=False)
            assert one.log_prob == pytest.approx(total, abs=1e-10)
            assert one.score == pytest.approx(score, abs=1e-10)


@pytest.mark.parametrize("input_feeding", [False, True])
@pytest.mark.parametrize("coverage", [0.0, 0.3])
def test_a_beam_of_one_is_greedy(input_feeding, coverage):
    net = lively(input_feeding=input_feeding)
    most = torch.tensor([6, 9, 4, 30])
    given = {"length_penalty": 0.7, "coverage": coverage, "most": most}
    expected = greedy(net, sources(), LENGTHS, **given)
    found = search(net, sources(), LENGTHS, beam=1, **given)
    for one, (best,) in zip(expected, found, strict=True):
        assert best.tokens == one.tokens
        assert best.finished == one.finished
        assert best.score == pytest.approx(one.score, abs=1e-10)
        assert best.log_prob == pytest.approx(one.log_prob, abs=1e-10)
        torch.testing.assert_close(best.attention, one.attention, rtol=0, atol=1e-10)


@pytest.mark.parametrize("input_feeding", [False, True])
def test_a_sentence_is_translated_alike_in_any_company(input_feeding):
    net, source = lively(input_feeding=input_feeding), sources(extra=3)
    given = {"beam": 4, "n_best": 2, "coverage": 0.1}
    together = search(net, source, LENGTHS, **given)
    order = [2, 0, 3, 1]
    turned = search(net, source[order], LENGTHS[order], **given)
    for n, hypotheses in enumerate(together):
        (alone,) = search(net, source[n : n + 1, : LENGTHS[n]], **given)
        for one, other, third in zip(
            hypotheses, alone, turned[order.index(n)], strict=True
        ):
            assert one.tokens == other.tokens == third.tokens
            assert one.score == pytest.approx(other.score, abs=1e-10)
            assert one.attention.shape == (len(one.tokens), LENGTHS[n])
            torch.testing.assert_close(
                one.attention, other.attention, rtol=0, atol=1e-10
            )


@pytest.mark.parametrize("seed", range(4))
def test_a_wider_beam_finds_nothing_less_probable(seed):
    """Not of necessity, as a beam may lose the way; but of all that holds all."""
    model = Table(seed)
    given = {"length_penalty": 0.0, "most": torch.full((4,), 5)}
    best = [-math.inf] * 4
    for beam in (1, 3, 64):
        found = search(model, SOURCE, SOURCE_LENGTHS, beam=beam, **given)
        now = [one.log_prob if one.finished else -math.inf for (one,) in found]
        assert all(b >= a - 1e-9 for a, b in zip(best, now, strict=True))
        best = now


def test_what_cannot_be_asked():
    model = Table(0)
    for given, message in (
        ({"beam": 0}, "beam must be at least 1"),
        ({"beam": 2, "n_best": 3}, "n_best must be at most beam, 2, got 3"),
        ({"length_penalty": -1.0}, "length_penalty"),
        ({"coverage": float("nan")}, "coverage"),
    ):
        with pytest.raises(InputError, match=message):
            search(model, SOURCE, SOURCE_LENGTHS, **given)
    with pytest.raises(InputError, match="source: number 2 has no tokens"):
        search(model, SOURCE, torch.tensor([3, 2, 0, 1]))


def test_a_network_that_diverged_says_so():
    net = lively()
    with torch.no_grad():
        net.bias[5] = torch.nan
    for find in (greedy, search):
        with pytest.raises(InputError, match="network: its scores are not numbers"):
            find(net, sources(), LENGTHS)
