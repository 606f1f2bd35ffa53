"""How much each row of a series counts in what is learned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data import RegularSeries, numeric_column, require_column
from elman.tasks.forecast.columns._preparation import Prepared


def row_weights(
    value: Any, series: RegularSeries, source: object
) -> NDArray[np.float64] | None:
    """Return the weight of each row of the regular series, with mean 1.

    Rows that the data lacked have none.

    Parameters
    ----------
    value : None, str or array-like
        The name of a column; or (n,), a number for each row of the data.
    series : RegularSeries
    source : object
        The file, for messages.

    Raises
    ------
    InputError
        There is not one number of at least 0 for each row, or all are 0.
    """
    if value is None:
        return None
    there = series.rows >= 0
    if isinstance(value, str):
        require_column(series.frame, value, source)
        weights = numeric_column(series.frame, value, source, rows=series.rows)
        name = f"sample_weight={value!r}"
    else:
        name = "sample_weight"
        given = _numbers(value)
        if given.shape != (int(there.sum()),):
            raise InputError(
                f"sample_weight has shape {given.shape}; give one number for each of"
                f" the {int(there.sum()):,} rows, or the name of a column"
            )
        weights = np.where(there, given[series.rows], 0.0)
    weights = np.where(there, weights, 0.0)
    wrong = ~np.isfinite(weights) | (weights < 0)
    if wrong.any():
        row = int(series.rows[np.argmax(wrong)])
        raise InputError(
            f"{name} is {weights[wrong][0]:g} in row {row + 1}; weights are finite and"
            " at least 0"
        )
    if not weights.any():
        raise InputError(f"{name} is 0 everywhere; nothing is left to learn from")
    found: NDArray[np.float64] = weights / weights[there].mean()
    return found


def weighed(data: Prepared, weights: NDArray[np.float64] | None) -> Prepared:
    """Return the same data whose first rows count so much, (T',), and later ones 1."""
    if weights is None:
        return data
    every = np.ones(len(data.raw))
    every[: len(weights)] = weights
    return replace(data, table=replace(data.table, weight=every))


def _numbers(value: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"sample_weight is not numbers ({reason:.100})") from None
