"""Features and targets apart, as scikit-learn has them, made the frame of a series."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data import RegularSeries, to_frame
from elman.tasks._containers import contained
from elman.tasks._features import take_features
from elman.tasks.forecast.columns._roles import as_names


@dataclass(frozen=True)
class Joined:
    """One frame, and which of its columns came as what.

    Attributes
    ----------
    frame : polars.DataFrame
        The columns of X, then those of y.
    targets, features : list of str
    times_of_y : bool
        Whether y came with an index that X lacks.
    flat : bool
        Whether y came without an axis for several targets.
    """

    frame: pl.DataFrame
    targets: list[str]
    features: list[str]
    flat: bool
    times_of_y: bool


@dataclass(frozen=True)
class Asked:
    """What ``fit`` was given: one frame with names, or X and y.

    Attributes
    ----------
    frame : data
    target : str or sequence of str
    joined : Joined or None
        None where names were given.
    given : data
        X as it came.
    """

    frame: Any
    target: Any
    joined: Joined | None = None
    given: Any = None

    def roles(
        self, columns: Sequence[str], known: Any, past: Any, ignore: Any
    ) -> tuple[Any, Any]:
        """Return known and past columns: of X every one is known that has no role.

        Who predicts for an X gives its values in the rows to predict.

        Parameters
        ----------
        columns : sequence of str
            Without those that held the times.
        known, past, ignore : str, sequence of str or None
        """
        if self.joined is None or known not in ((), None, []):
            return known, past
        taken = {*as_names("past", past), *as_names("ignore", ignore)}
        there = [name for name in self.joined.features if name in columns]
        return [name for name in there if name not in taken], past or []


def asked_for(frame: Any, target: Any, y: Any) -> Asked:
    """Return what ``fit`` is to learn from.

    Raises
    ------
    InputError
        There is neither a name nor a y, or there are both.
    """
    if y is None and target is not None and not is_names(target):
        target, y = None, target
    if y is None:
        if target is None:
            raise InputError(
                "target is missing: name the column to forecast, fit(frame,"
                " target='sales'), or give its values, fit(X, y)"
            )
        return Asked(frame, target)
    if target is not None:
        raise InputError(
            f"fit was given y and target={target!r:.60}; give one: y holds the targets'"
            " values, target names a column of the frame"
        )
    whole = joined(frame, y)
    return Asked(whole.frame, whole.targets, whole, frame)


def is_names(value: Any) -> bool:
    """Tell whether a second argument of ``fit`` names columns, and is no y."""
    if value is None or isinstance(value, str) or not hasattr(value, "__len__"):
        return True
    if isinstance(value, list | tuple):
        return any(isinstance(one, str) for one in value)
    return isinstance(value, np.ndarray) and value.dtype.kind == "U"


def joined(x: Any, y: Any) -> Joined:
    """Return X and y side by side.

    Parameters
    ----------
    x : data frame, array or None
        (T, F): times and covariates, a row a step; columns of an array are called
        x0, x1, …. None where there is neither.
    y : series, data frame or array
        (T,) or (T, K): the targets. An index of times is used where X has none.

    Raises
    ------
    InputError
        They differ in length, or y holds a column that X has too.
    """
    targets, names, flat = _targets(y)
    if x is None:
        features = [name for name in targets.columns if name not in names]
        return Joined(targets, names, features, flat, times_of_y=False)
    frame = features_of(x)
    if len(frame) != len(targets):
        raise InputError(
            f"X has {len(frame):,} rows and y {len(targets):,}; give one target row for"
            " each"
        )
    twice = next((name for name in names if name in frame.columns), None)
    if twice is not None:
        raise InputError(
            f"X has a column {twice!r} as y has, and would give away what is to be"
            " forecast; leave it out of X, or rename y"
        )
    more = [name for name in targets.columns if name not in frame.columns]
    whole = frame.with_columns(targets[name] for name in more)
    features = [name for name in whole.columns if name not in names]
    only_y = len(more) > len(names)
    return Joined(whole, names, features, flat, times_of_y=only_y)


def features_of(x: Any) -> pl.DataFrame:
    """Return X as a frame; the columns of an array are called x0, x1, …."""
    if isinstance(x, list | tuple) or (
        hasattr(x, "__array__") and not hasattr(x, "columns") and not _is_series(x)
    ):
        values = _array(x, "X")
        if values.ndim > 2:
            raise InputError(f"X has shape {values.shape}; give one row a step, (T, F)")
        columns = [values] if values.ndim == 1 else list(values.T)
        dated = [column.dtype.kind == "M" for column in columns]
        return to_frame(
            {
                "time" if is_time and sum(dated) == 1 else f"x{j}": column
                for j, (column, is_time) in enumerate(zip(columns, dated, strict=True))
            }
        )
    return to_frame(x)


def _targets(y: Any) -> tuple[pl.DataFrame, list[str], bool]:
    """Return y as a frame, the names of its targets, and whether it is flat."""
    if hasattr(y, "columns") or isinstance(y, dict):
        frame = to_frame(y)
        # What an index of times adds comes first.
        count = len(y) if isinstance(y, dict) else len(list(y.columns))
        return frame, frame.columns[-count:], False
    if _is_series(y):
        named = y.name not in (None, "")
        frame = to_frame(y if named else y.rename("y"))
        return frame, frame.columns[-1:], True
    values = _array(y, "y")
    if values.ndim not in (1, 2) or not values.size:
        raise InputError(
            f"y has shape {values.shape}; give one number a step, (T,), or several,"
            " (T, K)"
        )
    columns = {"y": values} if values.ndim == 1 else None
    columns = columns or {f"y{j}": column for j, column in enumerate(values.T)}
    return to_frame(columns), list(columns), values.ndim == 1


def _array(value: Any, name: str) -> Any:
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{name} is not a table ({reason:.160})") from None


def _is_series(value: Any) -> bool:
    """Tell whether a value is one column of a data frame library."""
    return isinstance(value, pl.Series) or (
        hasattr(value, "index") and hasattr(value, "name") and hasattr(value, "iloc")
    )


def in_form_of_y(
    values: Any, flat: bool | None, names: Sequence[str], container: str
) -> Any:
    """Return (T, K) predictions as y came: (T,), (T, K), or a frame if one is set."""
    if container == "default":
        return values[:, 0] if flat else values
    frame = {name: values[:, j] for j, name in enumerate(names)}
    return contained(pl.DataFrame(frame), container)


def is_future(forecaster: Any, frame: Any) -> bool:
    """Tell whether a frame is an X: without a column of the targets."""
    columns = getattr(frame, "columns", frame if isinstance(frame, dict) else None)
    if columns is None:
        return not isinstance(frame, str | os.PathLike)
    return not {str(name) for name in columns} & set(forecaster.targets_)


def take_form(forecaster: Any, asked: Asked, series: RegularSeries) -> None:
    """Remember in which form the data came, and their features."""
    whole = asked.joined
    if whole is None:
        names = [*series.axis.columns, *series.frame.columns]
    else:
        names = whole.features
    forecaster._flat = None if whole is None else whole.flat
    forecaster._times_of_y = whole is not None and whole.times_of_y
    # Names of ours, x0 and so on, are none of X.
    named = whole is None or hasattr(asked.given, "columns")
    take_features(forecaster, len(names), names if named else None)
