"""Sequences in NumPy's ``.npz``, read without running anything from the file."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from elman._arguments import LARGEST
from elman._errors import InputError
from elman.data._room import check_room
from elman.data._table import read_bytes
from elman.data.values._missing import Missing
from elman.data.values._sentinels import REMEDY, suspect_notes

from ._sequences import Sequences

_WANTED = ("X", "y", "lengths")


def read_npz(
    file: Path, missing: Missing | None = None, label: str | None = None
) -> Sequences:
    """Return the sequences of an ``.npz`` file, or of one array in an ``.npy`` file.

    Parameters
    ----------
    file : path
        Arrays X (n, T, C), or (n, T) for one channel; y (n,) or (n, T), and
        lengths (n,), if there are any. Pictures in colours are
        (n, height, width, colours).
    missing : Missing, optional
        Values that stand for missing ones.
    label : str, optional
        With an ``.npy`` file: the ``.npy`` file of the labels.

    Raises
    ------
    InputError
        Damaged, pickled, or arrays whose shapes do not fit together.
    """
    arrays = _load(file, label)
    if "X" not in arrays:
        raise InputError(
            f"{file}: no array 'X' (found: {', '.join(map(repr, arrays)) or 'none'});"
            " save with numpy.savez(path, X=..., y=...)"
        )
    X = _numbers(arrays["X"], "X", file)
    if X.ndim == 2:
        X = X[:, :, None]
    colours = X.shape if X.ndim == 4 else None
    if colours is not None and "lengths" not in arrays:
        X = X.reshape(*X.shape[:2], -1)
    if X.ndim != 3 or 0 in X.shape:
        raise InputError(
            f"{file}: X has the shape {arrays['X'].shape}; expected (sequences, steps,"
            " channels), (sequences, steps), or of pictures (n, height, width, colours)"
            " without lengths, none of them 0"
        )
    n, steps, channels = X.shape
    lengths = _lengths(arrays, n, steps, file)
    used = np.arange(steps)[None, :] < lengths[:, None]
    values = _floats(X, used, missing or Missing(), file)
    y, per_step = _targets(arrays.get("y"), n, steps, lengths, file)
    names = [f"channel {i + 1}" for i in range(channels)]
    named = ((name, values[:, :, i][used]) for i, name in enumerate(names))
    cases = [x[:length] for x, length in zip(values, lengths, strict=True)]
    if colours is not None:
        cases = [x.reshape(colours[1:]) for x in cases]
    return Sequences(
        cases,
        y,
        names,
        str(file),
        [str(i + 1) for i in range(n)],
        per_step=per_step,
        notes=suspect_notes(named, f"{file}: ", REMEDY),
    )


def _load(file: Path, label: str | None) -> dict[str, np.ndarray]:
    head = read_bytes(file, 6)
    if not head.startswith((b"PK", b"\x93NUMPY")):
        raise InputError(
            f"{file}: this is not an .npz file; write it with numpy.savez(path,"
            " X=..., y=...)"
        )
    if head.startswith(b"\x93NUMPY"):
        labels = {} if label is None else {"y": _one_array(_beside(file, label))}
        return {"X": _one_array(file), **labels}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with zipfile.ZipFile(io.BytesIO(read_bytes(file))) as archive:
                return _arrays(archive, file)
    except InputError:
        raise
    # A damaged archive fails in zipfile, zlib, struct, ast or numpy.
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise InputError(
            f"{file}: this is not a readable .npz file"
            f" ({reason[0][:80] if reason else type(error).__name__})"
        ) from None


def _beside(file: Path, label: str) -> Path:
    """Return the file of the labels, which may stand beside that of the sequences."""
    for path in (Path(label), file.parent / label):
        if path.is_file():
            return path
    raise InputError(
        f"{file}: there is no file {label!r}; with an .npy file --label names the .npy"
        " file of the labels, one for each case"
    )


def _one_array(file: Path) -> np.ndarray:
    """Return the array of an ``.npy`` file."""
    content = read_bytes(file)
    if not content.startswith(b"\x93NUMPY"):
        raise InputError(f"{file}: this is not an .npy file; write it with numpy.save")
    check_room(file, 2 * len(content))
    member = zipfile.ZipInfo(file.name)
    member.file_size = len(content)
    try:
        _check_header(io.BytesIO(content), member, file)
        return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except InputError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"{file}: this is not a readable .npy file ({reason[0][:80]})"
        ) from None


def _arrays(archive: zipfile.ZipFile, file: Path) -> dict[str, np.ndarray]:
    """Return the arrays that are looked at; of the others, nothing but the name."""
    members = {_key(m.filename.removesuffix(".npy")): m for m in archive.infolist()}
    wanted = [m for key, m in members.items() if key in _WANTED]
    for member in wanted:
        with archive.open(member) as stream:
            _check_header(stream, member, file)
    # The archive, the arrays, and the single-precision copy of them.
    check_room(file, 2 * sum(member.file_size for member in wanted))
    found = {key: np.empty(0) for key in members}
    for key, member in members.items():
        if key in _WANTED:
            with archive.open(member) as stream:
                found[key] = np.lib.format.read_array(stream, allow_pickle=False)
    return found


def _check_header(stream: IO[bytes], member: zipfile.ZipInfo, file: Path) -> None:
    """Raise unless shape and type account for the very bytes that there are."""
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"array format {version} in {member.filename[:40]!r}")
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise InputError(
            f"{file}: this holds Python objects, which are not loaded; pad ragged"
            " sequences to one array X and give their lengths"
        )
    # Python's whole numbers: the product of a header made to mislead overflows.
    stated = math.prod((int(n) for n in shape), start=dtype.itemsize)
    there = member.file_size - stream.tell()
    if stated != there or any(n < 0 for n in shape):
        raise InputError(
            f"{file}: {member.filename[:40]!r} says {stated:,} bytes of numbers and"
            f" has {there:,}; it is damaged"
        )


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


def _floats(
    X: np.ndarray, used: np.ndarray, missing: Missing, file: Path
) -> np.ndarray:
    """Return X as it is where it holds floats of 32 or 64 bits, else as float64."""
    values = X
    if X.dtype.str[1:] not in ("f4", "f8") or not X.dtype.isnative:
        values = X.astype(np.float64)
    gone = missing.in_numbers(X)
    if gone.any():
        values = np.where(gone, np.nan, values)
    large = np.isinf(values)
    if values.dtype.itemsize == 8:
        large |= np.abs(values) > LARGEST
    infinite = np.argwhere(large & used[:, :, None])
    if len(infinite):
        i, t, c = (int(k) for k in infinite[0])
        raise InputError(
            f"{file}: X[{i}, {t}, {c}] is infinite or too large; use NaN for missing"
        )
    return values


def _words(y: np.ndarray, file: Path) -> np.ndarray:
    try:
        return np.char.decode(y, "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file}: y holds bytes that are not UTF-8 ({error.object[:20]!r}); save it"
            " as text"
        ) from None


def _targets(
    y: np.ndarray | None, n: int, steps: int, lengths: np.ndarray, file: Path
) -> tuple[np.ndarray | list[np.ndarray] | None, bool]:
    if y is None:
        return None, False
    if y.dtype.kind not in "biufUS":
        raise InputError(f"{file}: y holds {y.dtype}, neither numbers nor text")
    if y.dtype.kind == "S":
        y = _words(y, file)
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
