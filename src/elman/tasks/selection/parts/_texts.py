"""Folds of text, in blocks; and of pairs of texts, one source in one fold."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, KFold

from elman._errors import InputError
from elman.data import Pairs, held_out_pairs
from elman.tasks.language._text import FEWEST, Split, whole_text
from elman.tasks.translation._pairs import as_pairs

from ._fold import Fold, check_folds, digest_of

_MOST_PAIRS = 2000


class TextData:
    """A text in blocks, and its end or another text, which the search never sees.

    Parameters
    ----------
    text : str, Path or sequence of str
    folds : int
    test : float, str or Path
        A share of the text, its end, or another text.
    split : str or None
        What to call the test part.

    Raises
    ------
    InputError
        The text is too short for the folds.
    """

    def __init__(
        self, text: Any, *, folds: int, test: Any = 0.1, split: str | None = None
    ) -> None:
        text = whole_text(text)
        if isinstance(test, float):
            parts = Split.of(text, test)
            text, other = parts.training, parts.validation
        else:
            other = whole_text(test, "test")
        self._all = (text, other)
        block = len(text) // folds
        if block < FEWEST:
            raise InputError(
                f"{folds} folds of the {len(text):,} characters to search with have"
                f" {block:,} characters each, and at least {FEWEST} are needed; give"
                " fewer folds or a longer text"
            )
        self.words = f"{folds} blocks of {block:,} characters"
        self.folds = []
        places = np.arange(len(text))
        for number, (_, held) in enumerate(KFold(folds).split(places), 1):
            start, stop = int(held[0]), int(held[-1]) + 1
            learned, scored = text[:start] + text[stop:], text[start:stop]
            words = f"block {number}: {len(learned):,} characters, scored on {block:,}"
            self.folds.append(_text_fold(words, learned, scored))
        name = split or f"test, the last {len(other):,} characters"
        self.test = _evaluated(name, (text,), (other,))

    def settled(self, estimator: Any) -> Any:
        """Return the estimator: nothing of it hangs on the block."""
        return estimator

    def digest(self) -> str:
        """Return what tells these data from others."""
        return digest_of(self._all)


class PairData:
    """Pairs of texts, and some that the search never sees.

    Parameters
    ----------
    source, target : sequence of str
    folds : int
    seed : int
        Draws folds and test part.
    test : float or tuple
        A share of the pairs, or sources and targets.
    validation : tuple or None
        As for ``fit``.
    split : str or None
        What to call the test part.

    Raises
    ------
    InputError
        There are too few pairs.
    """

    def __init__(
        self,
        source: Any,
        target: Any,
        validation: Any = None,
        *,
        folds: int,
        seed: int,
        test: Any = 0.1,
        split: str | None = None,
    ) -> None:
        pairs = as_pairs(source, target)
        other: Pairs | None
        if isinstance(test, float):
            pairs, other = held_out_pairs(pairs, test, _MOST_PAIRS, seed)
            if other is None:
                raise InputError("there are too few pairs to hold some out")
        else:
            other = as_pairs(*test)
        self._all = (pairs.source, pairs.target, other.source, other.target)
        sources = np.unique(np.asarray(pairs.source), return_inverse=True)[1]
        check_folds(folds, int(sources.max()) + 1, "different sources")
        self.words = f"{folds} folds of {len(pairs):,} pairs, one source in one fold"
        self.folds = []
        splitter = GroupKFold(folds, shuffle=True, random_state=seed)
        parts = splitter.split(sources, groups=sources)
        for number, (learned, scored) in enumerate(parts, 1):
            train, held = _taken(pairs, learned), _taken(pairs, scored)
            words = f"fold {number}: {len(learned):,} pairs, scored on {len(scored):,}"
            self.folds.append(_pair_fold(words, (*train, validation), held))
        name = split or f"test, {len(other):,} pairs held out"
        every = (pairs.source, pairs.target, validation)
        self.test = _evaluated(name, every, (other.source, other.target))

    def settled(self, estimator: Any) -> Any:
        """Return the estimator: nothing of it hangs on the fold."""
        return estimator

    def digest(self) -> str:
        """Return what tells these data from others."""
        return digest_of(self._all)


def _text_fold(words: str, learned: str, scored: str) -> Fold:
    return Fold(words, lambda e: e.fit(learned), lambda e: float(e.score(scored)))


def _pair_fold(words: str, learned: tuple[Any, ...], scored: tuple[Any, Any]) -> Fold:
    return Fold(words, lambda e: e.fit(*learned), lambda e: float(e.score(*scored)))


def _evaluated(name: str, learned: tuple[Any, ...], scored: tuple[Any, ...]) -> Fold:
    def score(estimator: Any) -> float:
        estimator.evaluate(*scored, split=name)
        return float(estimator.score(*scored))

    return Fold(name, lambda e: e.fit(*learned), score)


def _taken(pairs: Pairs, rows: Any) -> tuple[list[str], list[str]]:
    return [pairs.source[i] for i in rows], [pairs.target[i] for i in rows]
