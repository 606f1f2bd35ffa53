"""Which hypothesis went on from which, and what became of each."""

from __future__ import annotations

import torch
from torch import Tensor

from ._hypothesis import Hypothesis


class Trail:
    """The steps of a search, and the hypotheses that it put aside.

    A hypothesis is the row it ended in; its tokens are read backwards from there.

    Parameters
    ----------
    sentences : int
        B.
    """

    def __init__(self, sentences: int) -> None:
        # Of each step: where its rows looked; and of each row at the next step the
        # row it follows and the token it begins with.
        self._seen: list[Tensor] = []
        self._parents: list[list[int]] = []
        self._tokens: list[list[int]] = []
        # Of each sentence: score, logarithm, step, row, and the token it was cut at.
        self._found: list[list[tuple[float, float, int, int, int | None]]] = [
            [] for _ in range(sentences)
        ]

    def step(self, seen: Tensor) -> None:
        """Begin a step with where its rows look, (R, S)."""
        self._seen.append(seen)

    def go_on(self, parents: Tensor, tokens: Tensor) -> None:
        """End a step with the rows of the next, int64 (R,)."""
        self._parents.append(parents.tolist())
        self._tokens.append(tokens.tolist())

    def end(
        self, which: Tensor, ends: Tensor, scores: Tensor, values: Tensor, rows: Tensor
    ) -> None:
        """Put aside the hypotheses that end at this step.

        Parameters
        ----------
        which : Tensor
            int64 (B,): the sentences' numbers.
        ends : Tensor
            Bool (B, K).
        scores, values, rows : Tensor
            (B, K): score, logarithm, and the row it follows.
        """
        self._add(which, ends, scores, values, rows, None)

    def cut(
        self,
        which: Tensor,
        left: Tensor,
        scores: Tensor,
        values: Tensor,
        rows: Tensor,
        tokens: Tensor,
    ) -> None:
        """Put aside hypotheses that may not go on; see `end`, and their last tokens."""
        self._add(which, left, scores, values, rows, tokens)

    def _add(
        self,
        which: Tensor,
        chosen: Tensor,
        scores: Tensor,
        values: Tensor,
        rows: Tensor,
        tokens: Tensor | None,
    ) -> None:
        sentence = which[:, None].expand_as(chosen)[chosen].tolist()
        last = [None] * len(sentence) if tokens is None else tokens[chosen].tolist()
        found = (x[chosen].tolist() for x in (scores, values, rows))
        step = len(self._seen) - 1
        for n, score, value, row, token in zip(sentence, *found, last, strict=True):
            self._found[n].append((score, value, step, row, token))

    def best(self, count: int, lengths: list[int]) -> list[list[Hypothesis]]:
        """Return each sentence's best, those that ended first.

        Parameters
        ----------
        count : int
            How many of each.
        lengths : list of int
            Of the sources.
        """
        result = []
        for found, length in zip(self._found, lengths, strict=True):
            found.sort(key=lambda one: (one[4] is not None, -one[0]))
            result.append([self._read(*one, length) for one in found[:count]])
        return result

    def _read(
        self,
        score: float,
        value: float,
        step: int,
        row: int,
        last: int | None,
        length: int,
    ) -> Hypothesis:
        tokens, seen = [], []
        if last is not None:
            tokens.append(last)
            seen.append(self._seen[step][row])
        for before in reversed(range(step)):
            tokens.append(self._tokens[before][row])
            row = self._parents[before][row]
            seen.append(self._seen[before][row])
        tokens.reverse()
        if seen:
            attention = torch.stack(seen[::-1])[:, :length]
        else:
            attention = self._seen[0].new_zeros(0, length)
        return Hypothesis(tokens, score, value, attention, finished=last is None)
