"""The ``.ts`` text format of the UCR/UEA archive (sktime, aeon)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from elman._errors import InputError, did_you_mean
from elman.data.text._encoding import decode, lines_of
from elman.data.values._missing import Missing

from ._cases import channel_of, check_size, numeric_targets, sequences_of
from ._sequences import Sequences
from ._ts_rates import Rates
from ._ts_stamps import Spacing, split_stamped

_FLAGS = {"true": True, "false": False}
_KNOWN = (
    "problemname",
    "timestamps",
    "missing",
    "univariate",
    "dimension",
    "dimensions",
    "equallength",
    "serieslength",
    "classlabel",
    "targetlabel",
    "data",
)


@dataclass
class _Header:
    timestamps: bool = False
    univariate: bool | None = None
    equal: bool = False
    dimensions: int | None = None
    length: int | None = None
    labelled: bool = False
    target: bool = False
    classes: list[str] = field(default_factory=list)


def parse_ts(
    data: bytes,
    source: Path,
    *,
    encoding: str | None = None,
    missing: Missing | None = None,
) -> Sequences:
    """Return the sequences of a ``.ts`` file.

    A case is a line of channels divided by colons, each a list of numbers
    divided by commas (``?`` is missing), with the label as the last field. With
    ``@timeStamps true`` a channel is a list of ``(stamp,value)``; the stamps have
    to be evenly spaced, and the values are taken without them.

    Parameters
    ----------
    data : bytes
        The file's content.
    source : path
        The file to name in messages.
    encoding : str, optional
        Found if not given.
    missing : Missing, optional
        Values that stand for missing ones.

    Raises
    ------
    InputError
        A header line or a case cannot be read, or the header and the cases
        disagree; the line is named.
    """
    decoded = decode(data, source, encoding)
    lines = lines_of(decoded.text)
    gone = missing or Missing()
    spacing, rates = Spacing(), Rates()
    header, start = _read_header(lines, source)
    X: list[np.ndarray] = []
    labels: list[str] = []
    for number in range(start, len(lines) + 1):
        line = lines[number - 1].strip()
        if not line or line.startswith(("#", "%")):
            continue
        where = f"{source}, row {number}"
        fields = split_stamped(line) if header.timestamps else line.split(":")
        if header.labelled:
            labels.append(_label(fields, header, where))
        if header.timestamps:
            fields = [spacing.values(f, where, i + 1) for i, f in enumerate(fields)]
        x = _case(fields, header, rates, where)
        x[gone.in_numbers(x)] = np.nan
        if header.dimensions is None:
            header.dimensions = x.shape[1]
        _check_shape(x, header, where)
        X.append(x)
    y: np.ndarray | None = None
    if header.labelled:
        y = numeric_targets(labels, source) if header.target else np.array(labels)
    said = [*decoded.notes, *spacing.notes(), *rates.notes()]
    return sequences_of(X, y, source, said)


def _read_header(lines: list[str], source: Path) -> tuple[_Header, int]:
    """Return the header and the number (from 1) of the first line of data."""
    header = _Header()
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line or line.startswith(("#", "%")):
            continue
        where = f"{source}, row {number}"
        if not line.startswith("@"):
            raise InputError(
                f"{where}: expected a header line such as '@classLabel true A B' or"
                f" '@data', found {line[:30]!r}"
            )
        words = line[1:].split()
        key = words[0].lower() if words else ""
        if key == "data":
            return header, number + 1
        if key not in _KNOWN:
            raise InputError(
                f"{where}: unknown header line '@{key[:30]}'{did_you_mean(key, _KNOWN)}"
            )
        _header_line(header, key, words[1:], where)
    raise InputError(f"{source}: there is no line '@data': the file is cut short")


def _header_line(header: _Header, key: str, values: list[str], where: str) -> None:
    if key == "problemname":
        return
    if not values:
        raise InputError(f"{where}: '@{key}' needs a value")
    if key in ("dimension", "dimensions", "serieslength"):
        number = int(values[0]) if values[0].isascii() and values[0].isdigit() else 0
        if number < 1:
            raise InputError(
                f"{where}: '@{key}' needs a whole number from 1, found"
                f" {values[0][:30]!r}"
            )
        if key == "serieslength":
            header.length = number
        else:
            header.dimensions = number
        return
    flag = _FLAGS.get(values[0].lower())
    if flag is None:
        raise InputError(
            f"{where}: '@{key}' needs true or false, found {values[0][:30]!r}"
        )
    if key == "timestamps":
        header.timestamps = flag
    elif key == "univariate":
        header.univariate = flag
    elif key == "equallength":
        header.equal = flag
    elif key == "classlabel" and flag:
        header.labelled, header.classes = True, values[1:]
    elif key == "targetlabel" and flag:
        header.labelled = header.target = True


def _label(fields: list[str], header: _Header, where: str) -> str:
    """Take the label off the fields of a case."""
    if len(fields) < 2:
        raise InputError(
            f"{where}: a case needs values and a label divided by ':'; the line may"
            " be cut short"
        )
    label = fields.pop().strip()
    if header.classes and label not in header.classes:
        raise InputError(
            f"{where}: {label[:30]!r} is none of the classes that '@classLabel' names"
            f" ({', '.join(header.classes[:10])}); the line may be cut short"
        )
    return label


def _case(fields: list[str], header: _Header, rates: Rates, where: str) -> np.ndarray:
    """Return one case, shape (T, C)."""
    channels = [channel_of(text, where, i + 1) for i, text in enumerate(fields)]
    lengths = [len(channel) for channel in channels]
    together = None if header.equal else rates.brought_together(channels)
    channels = together or channels
    if together is None and rates.uneven and len(set(lengths)) == 1:
        raise InputError(
            f"{where}: all channels have {lengths[0]} values, while in the cases above"
            f" {rates.notes()[0].partition(',')[0]}; bring them to one length"
        )
    if together is None and len(set(lengths)) > 1:
        cut = "; the line may be cut short, or" if header.equal else ";"
        shortest, longest = lengths.index(min(lengths)), lengths.index(max(lengths))
        raise InputError(
            f"{where}: the channels of one case differ in length (channel"
            f" {longest + 1} has {lengths[longest]} values, channel {shortest + 1}"
            f" {lengths[shortest]}), and all channels of a sequence are read step by"
            f" step{cut} bring them to one length, as by repeating or averaging values"
        )
    x = np.stack(channels, axis=1)
    check_size(x, where)
    return x


def _check_shape(x: np.ndarray, header: _Header, where: str) -> None:
    steps, channels = x.shape
    if channels != header.dimensions:
        expected = "'@dimensions' or the first case says"
        raise InputError(
            f"{where}: {channels} channels where {expected} {header.dimensions};"
            " the line may be cut short"
        )
    if header.univariate and channels != 1:
        raise InputError(f"{where}: {channels} channels, but '@univariate true'")
    if header.equal:
        if header.length is None:
            header.length = steps
        if steps != header.length:
            raise InputError(
                f"{where}: {steps} steps where the header or the first case says"
                f" {header.length}; correct '@equalLength' or the case"
            )
