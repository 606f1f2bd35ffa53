"""Beam search over many sentences at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from elman._arguments import whole_number
from elman._errors import InputError

from ._hypothesis import (
    NEVER,
    Decodes,
    Hypothesis,
    Scoring,
    check_lengths,
    check_numbers,
    most_tokens,
)
from ._special import END, START
from ._trail import Trail


@torch.no_grad()
def search(
    network: Decodes,
    source: Tensor,
    source_lengths: Tensor | None = None,
    *,
    beam: int = 5,
    n_best: int = 1,
    length_penalty: float = 1.0,
    coverage: float = 0.0,
    most: Tensor | None = None,
) -> list[list[Hypothesis]]:
    """Return the best translations found of each sentence, the best first.

    At every step the ``beam`` most probable continuations of a sentence's open
    hypotheses are kept. Those of them that end are put aside, with their score, and
    never touched again; the others are open at the next step. A sentence is done, and
    leaves the batch, when no open hypothesis can still come among the ``n_best``,
    however it goes on: its logarithm only falls, and is divided by no more than that
    of the longest translation allowed.

    Parameters
    ----------
    network : Decodes
        In evaluation mode.
    source : Tensor
        int64 (B, S).
    source_lengths : Tensor or None
        int64 (B,), each 1 to S; None: all of S.
    beam : int
        1 takes the most probable token each time, as `greedy` does.
    n_best : int
        Translations of each sentence, at most ``beam``.
    length_penalty, coverage : float
        See `Scoring`.
    most : Tensor or None
        int64 (B,): steps at most, END's among them; None: see `most_tokens`. What is
        open then is taken where too few have ended.

    Raises
    ------
    InputError
        A source is empty, a value is out of range, or scores are no numbers.
    """
    beam, n_best = whole_number("beam", beam), whole_number("n_best", n_best)
    if n_best > beam:
        raise InputError(
            f"n_best must be at most beam, {beam}, got {n_best}; give a wider beam"
        )
    scoring = Scoring(length_penalty, coverage)
    lengths = check_lengths(source, source_lengths)
    most = most_tokens(lengths) if most is None else most
    memory = network.encode(source, source_lengths)
    beams = _Beams(memory.mask, most.to(source.device), beam, n_best, scoring)
    last = torch.full((len(source),), START, device=source.device)
    state = memory.state
    while len(beams.which):
        scores, seen, state = network.step(last, state, memory)
        last, parents, kept = beams.take(scores, seen)
        state = state.rows(parents)
        if kept is not None:
            memory = memory.rows(kept)
    return beams.trail.best(n_best, lengths.tolist())


class _Beams:
    """The open hypotheses of all sentences that are not done.

    B sentences with K hypotheses each; K is 1 at first, and ``beam`` as soon as there
    are as many continuations.
    """

    def __init__(
        self, mask: Tensor, most: Tensor, beam: int, n_best: int, scoring: Scoring
    ) -> None:
        count = len(mask)
        self.beam, self.scoring = beam, scoring
        self.which = torch.arange(count, device=mask.device)
        self.most, self.mask = most, mask
        self.step = 0
        # Of the open ones; of a place without one it is -inf.
        self.log_probs = torch.zeros(count, 1, device=mask.device)
        # The best scores of those that ended.
        self.ended = torch.full((count, n_best), -torch.inf, device=mask.device)
        self.looked: Tensor | float = 0.0
        self.trail = Trail(count)

    def take(
        self, scores: Tensor, seen: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Go on by a step: each row's token, the row it follows, the sentences left.

        Parameters
        ----------
        scores : Tensor
            (B · K, V).
        seen : Tensor
            (B · K, S).

        Returns
        -------
        tokens, parents : Tensor
            int64, one for each hypothesis that is open now, those of a sentence side
            by side.
        kept : Tensor or None
            int64: which of the sentences are left; None: all.
        """
        self.step += 1
        values, rows, tokens = self._continuations(scores)
        check_numbers(values)
        looked: Any = self.looked + seen if self.scoring.coverage else 0.0
        open_ = values > -torch.inf
        ends = open_ & (tokens == END)
        judged = self._judged(values, rows, looked)
        self.trail.step(seen)
        self._put_aside(ends, judged, values, rows)
        self.log_probs = values.masked_fill(ends, -torch.inf)
        over = self._done()
        cut = over & (self.ended[:, -1] == -torch.inf)
        if cut.any():
            left = open_ & ~ends & cut[:, None]
            self.trail.cut(self.which, left, judged, values, rows, tokens)
        kept = None
        if over.any():
            kept = (~over).nonzero().flatten()
            rows, tokens = rows[kept], tokens[kept]
            self._keep(kept)
        rows, tokens = rows.flatten(), tokens.flatten()
        if self.scoring.coverage:
            self.looked = looked[rows]
        self.trail.go_on(rows, tokens)
        return tokens, rows, kept

    def _continuations(self, scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the best: their logarithm, the row they follow, the token, (B, K)."""
        count, width = self.log_probs.shape
        chances = scores.log_softmax(-1)
        chances[:, NEVER] = -torch.inf
        size = chances.shape[-1]
        # Of one row no more than a beam's worth can be among the best.
        few = min(self.beam, size)
        best, tokens = chances.topk(few, -1)
        totals = (self.log_probs.to(best).reshape(-1, 1) + best).view(count, -1)
        values, at = totals.topk(min(self.beam, width * few), -1)
        first = torch.arange(count, device=at.device)[:, None] * width
        return values, first + at // few, tokens.view(count, -1).gather(1, at)

    def _judged(self, values: Tensor, rows: Tensor, looked: Any) -> Tensor:
        """Return the scores of continuations if they ended here."""
        found: Tensor = values / self.scoring.divisor(self.step)
        if self.scoring.coverage:
            found = found + self.scoring.missed(looked[rows], self.mask[:, None])
        return found

    def _put_aside(
        self, ends: Tensor, judged: Tensor, values: Tensor, rows: Tensor
    ) -> None:
        if not ends.any():
            return
        self.trail.end(self.which, ends, judged, values, rows)
        new = judged.masked_fill(~ends, -torch.inf)
        both = torch.cat([self.ended.to(new), new], -1)
        self.ended = both.topk(self.ended.shape[1], -1).values

    def _done(self) -> Tensor:
        """Say which sentences need no further step."""
        best = self.log_probs.max(-1).values
        bound = best / self.scoring.divisor(self.most.double())
        return (self.ended[:, -1] >= bound) | (self.step >= self.most)

    def _keep(self, kept: Tensor) -> None:
        self.which, self.most, self.mask = (
            x[kept] for x in (self.which, self.most, self.mask)
        )
        self.log_probs, self.ended = self.log_probs[kept], self.ended[kept]
