"""Sequences in NumPy's ``.npz``, read without running anything from the file."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np

from elman._errors import InputError

from ._sequences import Sequences
from ._table import read_bytes


def read_npz(file: Path) -> Sequences:
    """Return the sequences of an ``.npz`` file.

    Parameters
    ----------
    file : path
        Arrays X (n, T, C), or (n, T) for one channel; y (n,) or (n, T), and
        lengths (n,), if there are any.

    Raises
    ------
    InputError
        Damaged, pickled, or arrays whose shapes do not fit together.
    """
    arrays = _load(file)
    if "X" not in arrays:
        raise InputError(
            f"{file}: no array 'X' (found: {', '.join(map(repr, arrays)) or 'none'});"
            " save with numpy.savez(path, X=..., y=...)"
        )
    X = _numbers(arrays["X"], "X", file)
    if X.ndim == 2:
        X = X[:, :, None]
    if X.ndim != 3 or 0 in X.shape:
        raise InputError(
            f"{file}: X has the shape {arrays['X'].shape}; expected (sequences, steps,"
            " channels) or (sequences, steps), none of them 0"
        )
    n, steps, channels = X.shape
    lengths = _lengths(arrays, n, steps, file)
    single = _single(X, lengths, file)
    y, per_step = _targets(arrays.get("y"), n, steps, lengths, file)
    return Sequences(
        [x[:length] for x, length in zip(single, lengths, strict=True)],
        y,
        [f"channel {i + 1}" for i in range(channels)],
        str(file),
        [str(i + 1) for i in range(n)],
        per_step=per_step,
    )


def _load(file: Path) -> dict[str, np.ndarray]:
    data = read_bytes(file)
    if not data.startswith((b"PK", b"\x93NUMPY")):
        raise InputError(
            f"{file}: this is not an .npz file; write it with numpy.savez(path,"
            " X=..., y=...)"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            archive = np.load(io.BytesIO(data), allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise InputError(
                    f"{file}: this holds one array; save with numpy.savez(path,"
                    " X=..., y=...)"
                )
            with archive:
                return {_key(name): archive[name] for name in archive.files}
    except InputError:
        raise
    # A damaged archive fails in zipfile, zlib, struct, ast or numpy.
    except Exception as error:
        if "allow_pickle" in str(error) or "pickled" in str(error):
            raise InputError(
                f"{file}: this holds Python objects, which are not loaded; pad ragged"
                " sequences to one array X and give their lengths"
            ) from None
        reason = str(error).strip().splitlines()
        raise InputError(
            f"{file}: this is not a readable .npz file"
            f" ({reason[0][:80] if reason else type(error).__name__})"
        ) from None


def _key(name: str) -> str:
    return "X" if name in ("x", "X") else name.lower()


def _numbers(array: np.ndarray, name: str, file: Path) -> np.ndarray:
    if array.dtype.kind not in "biuf":
        raise InputError(f"{file}: {name} holds {array.dtype}, not numbers")
    return array


def _lengths(
    arrays: dict[str, np.ndarray], n: int, steps: int, file: Path
) -> np.ndarray:
    if "lengths" not in arrays:
        return np.full(n, steps, dtype=np.int64)
    given = _numbers(arrays["lengths"], "lengths", file)
    if given.shape != (n,):
        raise InputError(
            f"{file}: lengths has the shape {given.shape}, expected ({n},): one for"
            " each sequence"
        )
    bad = np.flatnonzero(~((given >= 1) & (given <= steps)) | (given != given // 1))
    if len(bad):
        raise InputError(
            f"{file}: lengths[{bad[0]}] is {given[bad[0]]}; allowed are whole numbers"
            f" from 1 to {steps}"
        )
    return given.astype(np.int64)


def _single(X: np.ndarray, lengths: np.ndarray, file: Path) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        single = X.astype(np.float32)
    used = np.arange(X.shape[1])[None, :] < lengths[:, None]
    infinite = np.argwhere(np.isinf(single) & used[:, :, None])
    if len(infinite):
        i, t, c = (int(k) for k in infinite[0])
        raise InputError(
            f"{file}: X[{i}, {t}, {c}] is infinite or too large; use NaN for missing"
        )
    return single


def _targets(
    y: np.ndarray | None, n: int, steps: int, lengths: np.ndarray, file: Path
) -> tuple[np.ndarray | list[np.ndarray] | None, bool]:
    if y is None:
        return None, False
    if y.dtype.kind not in "biufUS":
        raise InputError(f"{file}: y holds {y.dtype}, neither numbers nor text")
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "replace")
    if y.shape == (n, 1):
        y = y[:, 0]
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        if y.ndim == 1:
            bad = int(np.flatnonzero(~np.isfinite(y))[0])
            raise InputError(f"{file}: y[{bad}] is {y[bad]}; leave that sequence out")
        if np.isinf(y).any():
            raise InputError(f"{file}: y holds an infinite value")
    if y.shape == (n,):
        return y, False
    if y.shape in ((n, steps), (n, steps, 1)):
        y = y.reshape(n, steps)
        return [row[:length] for row, length in zip(y, lengths, strict=True)], True
    raise InputError(
        f"{file}: y has the shape {y.shape}; expected ({n},), one value for each"
        f" sequence, or ({n}, {steps}), one for each step"
    )
