"""The most probable token, one after another."""

from __future__ import annotations

import torch
from torch import Tensor

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


@torch.no_grad()
def greedy(
    network: Decodes,
    source: Tensor,
    source_lengths: Tensor | None = None,
    *,
    length_penalty: float = 1.0,
    coverage: float = 0.0,
    most: Tensor | None = None,
) -> list[Hypothesis]:
    """Return a translation of each sentence.

    Parameters
    ----------
    network : Decodes
        In evaluation mode.
    source : Tensor
        int64 (B, S).
    source_lengths : Tensor or None
        int64 (B,), each 1 to S; None: all of S.
    length_penalty, coverage : float
        See `Scoring`; they have no say in what is found.
    most : Tensor or None
        int64 (B,): steps at most, END's among them; None: see `most_tokens`.

    Raises
    ------
    InputError
        A source is empty, a value is out of range, or scores are no numbers.
    """
    scoring = Scoring(length_penalty, coverage)
    lengths = check_lengths(source, source_lengths)
    ends = (most_tokens(lengths) if most is None else most).tolist()
    memory = network.encode(source, source_lengths)
    state = memory.state
    writing = [_Writing() for _ in ends]
    which = list(range(len(ends)))
    last = torch.full((len(ends),), START, device=source.device)
    while which:
        scores, seen, state = network.step(last, state, memory)
        chances = scores.log_softmax(-1)
        chances[:, NEVER] = -torch.inf
        best, last = chances.max(-1)
        check_numbers(best)
        going = []
        for row, (n, token, chance) in enumerate(
            zip(which, last.tolist(), best.tolist(), strict=True)
        ):
            writing[n].take(token, chance, seen[row, : int(lengths[n])])
            if not writing[n].finished and writing[n].steps < ends[n]:
                going.append(row)
        if len(going) < len(which):
            kept = torch.tensor(going, dtype=torch.int64, device=source.device)
            which = [which[row] for row in going]
            last, state, memory = last[kept], state.rows(kept), memory.rows(kept)
    return [written.hypothesis(scoring) for written in writing]


class _Writing:
    """A translation while it is written."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.log_prob, self.finished = 0.0, False
        self.seen: list[Tensor] = []

    @property
    def steps(self) -> int:
        return len(self.seen)

    def take(self, token: int, chance: float, seen: Tensor) -> None:
        """Go on by a token."""
        self.log_prob += chance
        self.seen.append(seen)
        self.finished = token == END
        if not self.finished:
            self.tokens.append(token)

    def hypothesis(self, scoring: Scoring) -> Hypothesis:
        """Return it as it is."""
        looked = torch.stack(self.seen)
        on = torch.ones(looked.shape[1], dtype=torch.bool, device=looked.device)
        missed = float(scoring.missed(looked.sum(0), on)) if scoring.coverage else 0.0
        score = self.log_prob / float(scoring.divisor(self.steps)) + missed
        attention = looked[: len(self.tokens)]
        return Hypothesis(
            self.tokens, score, self.log_prob, attention, finished=self.finished
        )
