"""Merges of byte pair encoding, some of them left out by chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any


class Merges:
    r"""The merges of a vocabulary of subwords, applied to a word.

    Of those that can be applied the earliest one is, as long as there is one. With
    dropout each of them is out of the question with probability p, anew after each
    merge (Provilkov, Emelianenko and Voita 2020, arXiv:1910.13267): at p = 0 the
    pieces are the usual ones, near p = 1 single bytes.

    Parameters
    ----------
    model : mapping
        ``vocab`` and ``merges`` of byte pair encoding, as `tokenizers` writes it.
    """

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._numbers = dict(model["vocab"])
        numbers = self._numbers
        self._merged = {
            (numbers[left], numbers[right]): (rank, numbers[left + right])
            for rank, (left, right) in enumerate(model["merges"])
        }

    def split(
        self, word: str, dropout: float, uniform: Callable[[], float]
    ) -> list[int]:
        """Return the numbers of a word's pieces.

        Parameters
        ----------
        word : str
            In the library's letters, one a byte.
        dropout : float
            p.
        uniform : callable
            Draws a number from 0 to 1.
        """
        parts = [self._numbers[letter] for letter in word]
        while True:
            found = None
            for place, pair in enumerate(pairwise(parts)):
                merge = self._merged.get(pair)
                # One that comes later than the one found makes no difference.
                if merge is None or (found is not None and merge >= found[0]):
                    continue
                if not dropout or uniform() >= dropout:
                    found = merge, place
            if found is None:
                return parts
            (_, number), place = found
            parts[place : place + 2] = [number]
