"""The ``.tsf`` text format of the Monash forecasting archive."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data.text._encoding import decode, lines_of

from ._layout import Layout

TARGET, TIME = "value", "time"
_STRIDES = {
    "yearly": ("M", 12),
    "quarterly": ("M", 3),
    "monthly": ("M", 1),
    "weekly": ("D", 7),
    "daily": ("D", 1),
    "hourly": ("h", 1),
    "half_hourly": ("m", 30),
    "10_minutes": ("m", 10),
    "minutely": ("m", 1),
    "15_minutes": ("m", 15),
    "4_seconds": ("s", 4),
    "seconds": ("s", 1),
}


@dataclass
class _Header:
    attributes: list[tuple[str, str]] = field(default_factory=list)
    frequency: str | None = None
    horizon: int | None = None


def parse_tsf(
    data: bytes, source: Path, encoding: str | None = None
) -> tuple[pl.DataFrame, Layout, list[str]]:
    """Return the series of a ``.tsf`` file as a table with a row for each step.

    A line is a series: its attributes and its values, divided by colons; values are
    divided by commas, ``?`` is missing. The first text attribute is the id, a date
    the time of the first value, from which the others follow by ``@frequency``;
    further attributes are columns that are constant in a series.

    Parameters
    ----------
    data : bytes
        The file's content.
    source : path
        The file to name in messages.
    encoding : str, optional
        Found if not given.

    Raises
    ------
    InputError
        A header line or a series cannot be read; the line is named.
    """
    decoded = decode(data, source, encoding)
    header, names = _Header(), list[list[str]]()
    values: list[np.ndarray] = []
    inside = False
    for number, line in enumerate(lines_of(decoded.text), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        where = f"{source}, line {number}"
        if text.startswith("@"):
            inside = _read_header(text, header, where) or inside
        elif not inside:
            raise InputError(f"{where}: a series comes before the line @data")
        else:
            fields, numbers = _read_series(text, header, where)
            names.append(fields)
            values.append(numbers)
    if not values:
        raise InputError(f"{source}: there is no series below @data")
    return _table(header, names, values, source)


def _read_header(text: str, header: _Header, where: str) -> bool:
    """Take one line of the header; return whether data begin."""
    key, *rest = text[1:].split()
    key = key.lower()
    if key == "attribute":
        if len(rest) != 2:
            raise InputError(
                f"{where}: write @attribute NAME TYPE, got {text!r}; the types are"
                " string, numeric and date"
            )
        header.attributes.append((rest[0], rest[1].lower()))
    elif key == "frequency" and rest:
        header.frequency = rest[0].lower()
    elif key == "horizon" and rest:
        if not rest[0].isdigit() or int(rest[0]) < 1:
            raise InputError(
                f"{where}: @horizon must be a number of steps, {rest[0]!r}"
            )
        header.horizon = int(rest[0])
    return key == "data"


def _read_series(
    text: str, header: _Header, where: str
) -> tuple[list[str], np.ndarray]:
    fields = text.split(":")
    # A clock written with colons belongs to the date before it.
    wanted = len(header.attributes) + 1
    if len(fields) != wanted:
        raise InputError(
            f"{where}: {len(fields)} parts divided by ':', but {wanted - 1} attributes"
            " and the values make"
            f" {wanted}"
        )
    parts = fields[-1].split(",")
    numbers = np.empty(len(parts))
    for i, part in enumerate(parts):
        word = part.strip()
        try:
            numbers[i] = np.nan if word in ("?", "", "NaN") else float(word)
        except ValueError:
            raise InputError(
                f"{where}: value {i + 1} is {word[:40]!r}, no number; a missing value"
                " is written ?"
            ) from None
    return [part.strip() for part in fields[:-1]], numbers


def _table(
    header: _Header,
    names: list[list[str]],
    values: list[np.ndarray],
    source: Path,
) -> tuple[pl.DataFrame, Layout, list[str]]:
    lengths = np.array([len(v) for v in values])
    row = np.repeat(np.arange(len(values)), lengths)
    columns, notes = {}, list[str]()
    id_, date = None, None
    for j, (name, kind) in enumerate(header.attributes):
        content = pl.Series(name, [fields[j] for fields in names])
        if kind == "date" and date is None:
            date = j
        elif kind == "numeric":
            columns[name] = content.cast(pl.Float64, strict=False).gather(row)
        else:
            id_ = id_ or name
            columns[name] = content.gather(row)
    if id_ is None:
        id_ = "series"
        content = pl.Series([f"T{i + 1}" for i in range(len(values))])
        columns[id_] = content.gather(row)
    columns[TARGET] = pl.Series(np.concatenate(values)).fill_nan(None)
    time = None
    if date is not None and header.frequency in _STRIDES:
        texts = [fields[date] for fields in names]
        columns[TIME] = _times(texts, lengths, header.frequency, source)
        time = TIME
    elif date is not None:
        notes.append(
            f"{source}: the frequency {header.frequency!r} is not known; steps are"
            " counted"
        )
    frame = pl.DataFrame(columns)
    return frame, Layout(id_, TARGET, time, header.horizon), notes


def _times(
    texts: list[str], lengths: np.ndarray, frequency: str, source: Path
) -> pl.Series:
    unit, stride = _STRIDES[frequency]
    pieces = []
    for text, length in zip(texts, lengths, strict=True):
        day, _, clock = text.partition(" ")
        try:
            first = np.datetime64(
                f"{day}T{clock.replace('-', ':')}" if clock else day, "s"
            )
        except ValueError:
            raise InputError(
                f"{source}: the start {text!r} is not a date as in 1990-01-01 00-00-00"
            ) from None
        steps = np.arange(length) * stride
        if unit == "M":
            months = first.astype("M8[M]") + steps.astype("m8[M]")
            pieces.append(months.astype("M8[s]"))
        else:
            pieces.append(first + steps.astype(f"m8[{unit}]").astype("m8[s]"))
    return pl.Series(np.concatenate(pieces).astype("M8[us]"))
