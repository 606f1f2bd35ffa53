"""Small pairs, and a translator of them that is trained once."""

from __future__ import annotations

import numpy as np
import pytest

from elman import Translator

WORDS = {"sun": "sonne", "moon": "mond", "rain": "regen", "sings": "singt", "a": "ein"}


def sentences(count: int = 400, seed: int = 0) -> tuple[list[str], list[str]]:
    """Pairs in which each word has one translation, in the same order."""
    draw = np.random.default_rng(seed)
    source = [
        " ".join(draw.choice(list(WORDS), draw.integers(2, 6))) + " ."
        for _ in range(count)
    ]
    return source, [" ".join(WORDS.get(w, w) for w in t.split()) for t in source]


@pytest.fixture(scope="session")
def pairs():
    return sentences()


@pytest.fixture(scope="session")
def others():
    return sentences(40, seed=1)


@pytest.fixture(scope="session")
def translator(pairs):
    return Translator(
        "words",
        hidden_size=64,
        epochs=20,
        learning_rate=0.01,
        metric="exact",
        dropout=0.0,
        embedding_dropout=0.1,
        output_dropout=0.0,
        validation_fraction=0.1,
        training={"tokens_per_batch": 100, "warm_up": 20},
    ).fit(*pairs)
