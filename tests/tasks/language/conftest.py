"""A small text, and a model of it that is trained once."""

from __future__ import annotations

import numpy as np
import pytest

from elman import LanguageModel

WORDS = ("sun", "moon", "rain", "wind", "sings", "falls", "the", "a", "over", "under")


def written(count: int = 500, seed: int = 0) -> str:
    """Lines of few words: there is much to learn from each letter of them."""
    draw = np.random.default_rng(seed)
    words = draw.choice(WORDS, count)
    return "".join(w + ("\n" if i % 6 == 5 else " ") for i, w in enumerate(words))


@pytest.fixture(scope="session")
def writing():
    return written


@pytest.fixture(scope="session")
def text():
    return written()


@pytest.fixture(scope="session")
def model(text):
    return LanguageModel(
        hidden_size=32, epochs=6, batch_size=4, window=30, learning_rate=0.01
    ).fit(text)
