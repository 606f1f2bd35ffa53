"""What is left to a rule: sizes by how much text there is, and of which tokens."""

from __future__ import annotations

import math

from elman import cells
from elman.models import KINDS, levels_for

# Characters and bytes depend on each other over more steps than words do.
WINDOWS = {"characters": 100, "bytes": 100, "words": 50, "subwords": 50}
"""Steps a gradient goes back over, by kind of tokens."""

LEAST_COUNTS = {"characters": 1, "bytes": 1, "words": 2, "subwords": 2}
"""What is there less often is unknown, by kind of tokens."""

_LEAST_UNITS, _MOST_UNITS, _UNITS = 64, 512, 32
_SQUARES = {"tcn": 6, "transformer": 12}  # weights of a block, by its width squared
_BLOCKS = 4  # of a Transformer
_STEPS_AN_EPOCH, _FEWEST_ROWS, _MOST_ROWS = 400, 4, 64
# A head of its own for so few tokens is small beside the layers.
_MOST_UNTIED = 512


def hidden_size_for(
    cell: str | cells.Cell, characters: int, layers: int, embedding: int
) -> int:
    """Return units for about as many weights in the layers as there are characters.

    The rule of thumb of char-rnn (Karpathy 2015); from 64 to 512, what trains in
    minutes, by steps of 32.

    Parameters
    ----------
    cell : str or Cell
    characters : int
        Of the training text, whatever its tokens.
    layers : int
    embedding : int
        What the first layer reads, if the layers are at least as wide.
    """

    def weights(units: int) -> int:
        first = min(embedding, units)
        if cell in KINDS:
            return _SQUARES[str(cell)] * units * units * layers + units * first
        gates = len(cells.cell(cell).traced.gates) or 1
        return gates * units * (first + units + 2 * units * (layers - 1))

    sizes = range(_LEAST_UNITS, _MOST_UNITS + 1, _UNITS)
    return min(sizes, key=lambda units: abs(weights(units) - characters))


def window_for(kind: str, cell: str | cells.Cell) -> int:
    """Return the steps of a window.

    Twice as many without a state, so that each token is read with as many before it
    as a gradient goes back over in a recurrent network: the window slides by halves.

    Parameters
    ----------
    kind : str
        Of tokens.
    cell : str or Cell
    """
    return WINDOWS[kind] * (2 if cell in KINDS else 1)


def fewest_layers(cell: str | cells.Cell, window: int) -> int:
    """Return the layers that an encoder has at least.

    A temporal convolution has those that see the window at once.
    """
    if cell == "tcn":
        return levels_for(window)
    return _BLOCKS if cell == "transformer" else 1


def is_tied(vocabulary: int) -> bool:
    """Return whether embedding and head share their matrix."""
    return vocabulary > _MOST_UNTIED


def embedding_size_for(vocabulary: int) -> int:
    """Return units for each token: sixteen times the root of their number, by 32."""
    return max(32, 32 * round(math.sqrt(vocabulary) / 2))


def batch_size_for(tokens: int, window: int) -> int:
    """Return streams side by side: about 400 updates an epoch, within 4 to 64."""
    wanted = tokens / (window * _STEPS_AN_EPOCH)
    rows = 2 ** round(math.log2(max(wanted, 1)))
    return min(max(rows, _FEWEST_ROWS), _MOST_ROWS)


def vocabulary_size_for(kind: str, characters: int) -> int | None:
    """Return how many tokens there may be: None for all."""
    if kind == "words":
        return 20_000
    if kind == "subwords":
        size = 2 ** round(math.log2(max(characters / 500, 1)))
        return int(min(max(size, 512), 8192))
    return None
