"""Every recurrent layer a network can be built from, by name."""

from __future__ import annotations

from elman import layers
from elman._errors import InputError, did_you_mean

CELLS: dict[str, type[layers.RNN | layers.GRU | layers.LSTM]] = {
    "rnn": layers.RNN,
    "gru": layers.GRU,
    "lstm": layers.LSTM,
}
"""Every cell by the name an estimator knows it by."""


def check_cell(cell: object) -> str:
    """Return the name of a known cell.

    Raises
    ------
    InputError
        If there is no such cell; the nearest name is suggested.
    """
    if not isinstance(cell, str) or cell not in CELLS:
        hint = did_you_mean(str(cell), CELLS)
        raise InputError(f"cell must be one of {', '.join(CELLS)}, got {cell!r}{hint}")
    return cell
