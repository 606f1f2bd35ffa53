"""Small sequences that say words, and a transcriber of them that is trained once."""

from __future__ import annotations

import numpy as np
import pytest

from elman import SequenceTranscriber

SHAPES = {"one": [1, 0, 0], "two": [0, 1, 0], "three": [0, 0, 1], "four": [1, 1, 0]}


def spoken(count: int, seed: int = 0) -> tuple[list[np.ndarray], list[str]]:
    """Sequences of bumps with pauses between, and the words they say."""
    draw = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(count):
        words = draw.choice(list(SHAPES), draw.integers(1, 5)).tolist()
        parts = []
        for word in words:
            bump = np.sin(np.linspace(0, np.pi, draw.integers(6, 12)))
            pause = np.zeros((draw.integers(2, 5), 3))
            parts += [np.outer(bump, SHAPES[word]), pause]
        x = np.concatenate(parts)
        X.append(x + 0.1 * draw.normal(size=x.shape))
        y.append(" ".join(words))
    return X, y


@pytest.fixture(scope="session")
def data():
    return spoken(120)


@pytest.fixture(scope="session")
def others():
    return spoken(30, seed=1)


@pytest.fixture(scope="session")
def transcriber(data):
    model = SequenceTranscriber(
        hidden_size=16, epochs=12, learning_rate=0.03, batch_size=8, refit=False
    )
    return model.fit(*data)
