"""Translations without a network, to see what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from elman.data import Pairs
from elman.tasks.tokens._kinds import vocabulary_of

_MOST = 200_000  # pairs that are looked through
_PARTS, _ROUNDS, _ROWS = 4_000_000, 5, 64


def baselines(
    training: Pairs, kind: str, target_kind: str
) -> dict[str, Callable[..., list[str]]]:
    """Return functions from texts to translations, by their names.

    Parameters
    ----------
    training : Pairs
    kind, target_kind : str
        "characters", or what else the sources and the targets are made of.
    """
    return {
        "copy of the source": list,
        "translation of the nearest": lambda texts: nearest(training, texts, kind),
        "word by word" if kind != "characters" else "one by one": (
            lambda texts: by_table(training, texts, kind, target_kind)
        ),
    }


def nearest(training: Pairs, texts: Sequence[str], kind: str) -> list[str]:
    """Return the translation of the most similar source of the training part.

    Similar by words, or by runs of two and three characters, each counting as much as
    it is rare (tf-idf, cosine).
    """
    source, target = training.source[-_MOST:], training.target[-_MOST:]
    options = (
        {"analyzer": "char_wb", "ngram_range": (1, 3)}
        if kind == "characters"
        else {"token_pattern": r"\S+"}
    )
    weights = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options)
    known = weights.fit_transform(source)
    asked = weights.transform(texts)
    found: list[str] = []
    for start in range(0, len(texts), _ROWS):
        like = (asked[start : start + _ROWS] @ known.T).toarray()
        found += [target[place] for place in like.argmax(1)]
    return found


def by_table(
    training: Pairs, texts: Sequence[str], kind: str, target_kind: str
) -> list[str]:
    r"""Return every word's likeliest translation, in the order of the source.

    .. math::

        t(e \mid f) \propto \sum_{\text{pairs with } e, f}
            \frac{t(e \mid f)}{\sum_{f'} t(e \mid f')}

    a few times over: model 1 of Brown et al. (1993). Words that it has not met stay as
    they are.
    """
    kinds = [k if k == "characters" else "words" for k in (kind, target_kind)]
    lead, gap = ("" if one == "characters" else " " for one in kinds)
    sides = []
    for one, start, side in zip(
        kinds, (lead, gap), (training.source, training.target), strict=True
    ):
        some = [start + text for text in side[-_MOST:]]
        vocabulary = vocabulary_of(one, "\n".join(some))
        sides.append((vocabulary, [vocabulary.encode(text) for text in some]))
    (source, left), (target, right) = sides
    table = _model_one(left, right, target.size)
    found = []
    for text in texts:
        pieces = source.split(lead + text)
        numbers = source.encode(lead + text)
        chosen = [
            target.pieces([table[i]])[0] if i in table else piece
            for i, piece in zip(numbers.tolist(), pieces, strict=True)
        ]
        found.append("".join(chosen).strip())
    return found


def _model_one(
    left: Sequence[np.ndarray], right: Sequence[np.ndarray], size: int
) -> dict[int, int]:
    """Return the likeliest target of each source token."""
    meetings, total = [], 0
    for place, (a, b) in enumerate(zip(left, right, strict=True)):
        total += len(a) * len(b)
        if total > _PARTS and place:
            break
        # A token of the target, with each of its source.
        meetings.append((np.tile(a, len(b)), np.repeat(b, len(a)), len(a), len(b)))
    key = np.concatenate([a * size + b for a, b, _, _ in meetings])
    pairs, which = np.unique(key, return_inverse=True)
    words = pairs // size
    counts = np.array([m for _, _, n, m in meetings])
    widths = np.repeat([n for _, _, n, _ in meetings], counts)
    group = np.repeat(np.arange(len(widths)), widths)
    chance: Any = np.ones(len(pairs))
    for _ in range(_ROUNDS):
        own = chance[which]
        own /= np.bincount(group, own)[group]
        chance = np.bincount(which, own, len(pairs))
        chance /= np.bincount(words, chance)[words]
    order = np.lexsort((chance, words))
    last = np.flatnonzero(np.diff(words[order], append=-1))
    best = order[last]
    return dict(zip(words[best].tolist(), (pairs[best] % size).tolist(), strict=True))
