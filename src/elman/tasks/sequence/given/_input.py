"""What a sequence estimator accepts as X, made into one form and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman._arguments import LARGEST
from elman._errors import InputError, KindError

Array = NDArray[np.float64]


def as_sequences(
    X: Any, channels: int | None = None, names: Sequence[str] | None = None
) -> list[Array]:
    """Return X as a list of float64 arrays (T_i, C), each checked.

    Parameters
    ----------
    X : array-like or list
        (n, T, C); (n, T), taken as one channel; or n arrays, each (T_i, C) or
        (T_i,). NaN is a missing value.
    channels : int or None
        The number of channels it has to have, when a fitted network waits.
    names : sequence of str or None
        The names of the channels that the network was fitted with. Data frames
        have their columns put in that order; without it in that of the first.

    Returns
    -------
    list of ndarray

    Raises
    ------
    InputError
        If X is empty, holds an empty sequence, text, complex or infinite
        values, sequences of different numbers of channels, or data frames of
        differing columns. The message names the sequence, numbered from 0, and
        the step.
    """
    if hasattr(X, "toarray"):
        raise InputError(
            "X is a sparse matrix; sequences are dense: give X.toarray() or a list "
            "of arrays"
        )
    if isinstance(X, Tensor) and (X.is_nested or X.layout != torch.strided):
        raise InputError(
            "X is a nested or sparse tensor; give a dense one, or a list of tensors"
        )
    refuse_empty(X)
    sequences = [checked_sequence(row, i) for i, row in enumerate(rows_of(X, names))]
    wanted = sequences[0].shape[1] if channels is None else channels
    for i, sequence in enumerate(sequences):
        if sequence.shape[1] != wanted:
            known = "X[0] has" if channels is None else "the network was fitted with"
            raise InputError(
                f"X[{i}] has {sequence.shape[1]} channels, {known} {wanted}; "
                "each sequence must be (T, C) with the same C"
            )
    return sequences


def refuse_empty(X: Any) -> None:
    """Raise for an X of no sequences."""
    if hasattr(X, "__len__") and not len(X):
        raise InputError("X holds 0 sequences (0 sample(s)) while at least 1 is needed")


def texts_of(X: Any) -> list[str] | None:
    """Return X where it is a list, an array or a column of texts, one a case."""
    # A nested tensor has no length to ask for.
    if isinstance(X, str | bytes | Tensor) or not hasattr(X, "__len__") or not len(X):
        return None
    flat = isinstance(X, list | tuple) or getattr(X, "ndim", None) == 1
    if not flat and not hasattr(X, "str"):  # a column of a data frame
        return None
    first = X.iloc[0] if hasattr(X, "iloc") else X[0]
    return list(X) if isinstance(first, str) else None


def known_sequences(estimator: Any, X: Any) -> list[Array]:
    """Return X as `as_sequences`, in the channels an estimator was fitted with."""
    from ._front_end import check_front_end

    check_front_end(estimator, X)
    image = getattr(estimator, "image", "none")
    if image != "none":
        from ._pictures import steps_of_pictures

        X = steps_of_pictures(X, image, estimator.picture_steps_)
    names = getattr(estimator, "channel_names_", None)
    columns = getattr(estimator, "columns_", None)
    if columns is not None:
        from elman.tasks.sequence.columns._given import read_known

        return read_known(X, columns, names)
    return as_sequences(X, estimator.channels_, names)


def channel_names(X: Any) -> list[str] | None:
    """Return the names of the channels, where X is a list of data frames."""
    if not is_ragged(X):
        return None
    return next((found for row in X if (found := _column_names(row))), None)


def features_in(X: Any, channels: int) -> tuple[int, list[str] | None]:
    """Return how many features scikit-learn counts in X, and their names if any.

    Those of a table (n, T) are its columns, others the channels.
    """
    columns = getattr(X, "columns", None)
    if columns is not None and len(np.shape(X)) == 2:
        names = [str(name) for name in columns]
        return len(names), names
    shape = np.shape(X) if isinstance(X, np.ndarray) else ()
    if len(shape) == 2:
        return int(shape[1]), None
    return channels, channel_names(X)


def lengths_of(sequences: Sequence[Array]) -> NDArray[np.int64]:
    """Return the number of steps of each sequence, shape (n,)."""
    return np.array([len(s) for s in sequences], dtype=np.int64)


def in_words(sequences: Sequence[Array]) -> str:
    """Return how many sequences there are, and of how many steps."""
    lengths = lengths_of(sequences)
    low, high = int(lengths.min()), int(lengths.max())
    steps = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"{len(sequences):,} sequences of {steps} steps"


def is_ragged(X: Any) -> TypeGuard[Sequence[Any]]:
    """Return whether X comes as separate sequences rather than as one array."""
    if texts_of(X) is not None:
        return True
    separate = isinstance(X, list | tuple) or (
        isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1
    )
    return separate and len(X) > 0 and has_rows(X[0])


def refuse_masked(value: Any, name: str) -> None:
    """Raise where an array, or one in a list of arrays, masks some of its values.

    Raises
    ------
    InputError
        The message names the first row with a masked value.
    """
    objects = isinstance(value, np.ndarray) and value.dtype.kind == "O"
    rows: Any = value if objects or isinstance(value, list | tuple) else [value]
    for i, row in enumerate(rows):
        if not np.ma.is_masked(row):
            continue
        at = i if rows is value else int(np.argwhere(np.ma.getmaskarray(row))[0][0])
        raise InputError(
            f"{name}[{at}] holds a masked value; drop the sequences without one"
        )


def has_rows(value: Any) -> bool:
    """Return whether a value is a collection, and not one number or one text."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return hasattr(value, "__len__") and not isinstance(value, str | bytes | dict)


def rows_of(X: Any, names: Sequence[str] | None) -> Any:
    """Return the sequences of X apart, data frames with their columns in one order."""
    if not is_ragged(X):
        return _whole(as_array(X, "X"))
    fitted = names is not None
    names = names or channel_names(X)
    if names is None:
        return list(X)
    known = "the network was fitted with" if fitted else "the first data frame has"
    return [_in_order(row, i, list(names), known) for i, row in enumerate(X)]


def _column_names(row: Any) -> list[str] | None:
    """Return the names of a data frame's columns; None if they are numbers."""
    found = getattr(row, "column_names", getattr(row, "columns", None))
    if found is None or callable(found) or not hasattr(found, "__iter__"):
        return None
    names = list(found)
    return names if names and all(isinstance(n, str) for n in names) else None


def _in_order(row: Any, i: int, names: list[str], known: str) -> Any:
    """Return a data frame with its columns in the order of the names."""
    own = _column_names(row)
    if own is None or own == names:
        return row
    if sorted(own) != sorted(names) or len(set(names)) < len(names):
        raise InputError(
            f"X[{i}] has the columns {_shown(own)}, {known} {_shown(names)}; give the"
            " same columns, or arrays whose channels are in that order"
        )
    return row.select(names) if hasattr(row, "select") else row[names]


def _shown(names: Sequence[str]) -> str:
    more = ", …" if len(names) > 8 else ""
    return ", ".join(repr(name[:40]) for name in names[:8]) + more


def _whole(X: NDArray[Any]) -> NDArray[Any]:
    if X.ndim not in (2, 3):
        raise InputError(
            f"X has shape {X.shape}; expected 2D (n, T) or 3D (n, T, C) array, or a "
            "list of (T, C) arrays. Reshape your data: one sequence is X[None]"
        )
    if X.shape[-1] == 0:
        raise InputError(
            f"0 feature(s) (shape={X.shape}) while a minimum of 1 is required: "
            "X needs at least one step and one channel"
        )
    return X


def checked_sequence(row: Any, i: int) -> Array:
    """Return sequence i of X as float64 (T, C).

    Raises
    ------
    InputError
        As `as_sequences`.
    """
    raw = as_array(row, f"X[{i}]")
    if np.iscomplexobj(raw):
        raise InputError(f"Complex data not supported: X[{i}] is {raw.dtype}")
    try:
        values = raw.astype(np.float64)
    except (TypeError, ValueError) as error:
        kind = KindError if isinstance(error, TypeError) else InputError
        raise kind(f"X[{i}] is not numbers ({error}); encode text before") from error
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] == 0:
        raise InputError(
            f"X[{i}] has shape {raw.shape}; a sequence is (T, C), or (T,) for one "
            "channel; pictures are read by image='rows' (--image rows)"
        )
    if not len(values):
        raise InputError(f"X[{i}] has no steps; drop it, and its target")
    infinite = np.isinf(values)
    if infinite.any():
        step, channel = np.argwhere(infinite)[0]
        raise InputError(
            f"X[{i}] is infinite (inf) at step {step}, channel {channel}; replace it, "
            "with NaN if the value is missing"
        )
    large = np.abs(values) > LARGEST
    if large.any():
        step, channel = np.argwhere(large)[0]
        raise InputError(
            f"X[{i}] is {values[step, channel]:g} at step {step}, channel {channel}, "
            f"too large to compute with (at most {LARGEST:g}); use a larger unit"
        )
    return values


def as_array(value: Any, name: str) -> NDArray[Any]:
    """Return numbers of any kind of array, or of nested lists, as a NumPy array.

    What a masked array masks is NaN.

    Raises
    ------
    InputError
        It is no array: ragged, or a tensor without ordinary values in memory.
    """
    try:
        if isinstance(value, Tensor):
            value = value.detach().cpu()
            value = value.float() if value.dtype == torch.bfloat16 else value
        if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
            kind = value.dtype if value.dtype.kind in "fc" else np.dtype(np.float64)
            return np.ma.filled(value.astype(kind), np.nan)  # type: ignore[no-any-return,no-untyped-call]
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError, NotImplementedError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"{name} is not a table of numbers ({reason:.160}); give each step, and "
            "each sequence of an array, the same number of values"
        ) from error
