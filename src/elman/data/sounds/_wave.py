"""WAV files: their chunks, and the samples in them as floats."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# What a program leaves that wrote to a pipe and could not go back.
_UNKNOWN = (0, 0xFFFFFFFF)
_FORMAT = struct.Struct("<HHIIHH")
# Past the format of an extensible one: sizes, the speakers, then what it is.
_SUBFORMAT = 24


class CutShortError(ValueError):
    """The header ends too early, or what it says cannot be."""


class OtherCodingError(ValueError):
    """The samples are coded in a way that is not read here."""


@dataclass(frozen=True)
class Format:
    """What the header says of the samples."""

    coding: int
    channels: int
    rate: int
    size: int  # bytes of a sample of one channel
    bits: int


def parse_wave(content: bytes) -> tuple[NDArray[np.float32], int, bool]:
    """Return samples, rate, and whether the file ends before its header says.

    Parameters
    ----------
    content : bytes
        Of a file that begins with RIFF or RF64, and WAVE.

    Returns
    -------
    samples : ndarray
        (n, channels), float32; full scale is 1.
    rate : int
    short : bool

    Raises
    ------
    CutShortError, OtherCodingError
    """
    known: Format | None = None
    for name, start, stated in _chunks(content):
        body = memoryview(content)[start : start + stated]
        if name == b"fmt ":
            known = _format(body)
        elif name == b"data":
            if known is None:
                raise CutShortError("samples come before their format")
            short = len(body) < stated and stated not in _UNKNOWN
            return _samples(body, known), known.rate, short
    raise CutShortError("no samples" if known else "no format")


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each chunk, where it begins, and how long it says it is."""
    place, wide = 12, 0
    while place + 8 <= len(content):
        name = content[place : place + 4]
        (size,) = struct.unpack_from("<I", content, place + 4)
        if name == b"ds64" and place + 24 <= len(content):  # of RF64
            (wide,) = struct.unpack_from("<Q", content, place + 16)
        if name == b"data" and size == 0xFFFFFFFF:
            size = wide or size
        if name == b"data" and size == 0:
            size = (
                len(content) - place - 8 if _samples_follow(content, place + 8) else 0
            )
        yield name, place + 8, size
        place += 8 + size + size % 2


def _samples_follow(content: bytes, place: int) -> bool:
    """Return whether what is here is no chunk: the size was never filled in."""
    name = content[place : place + 4]
    return len(name) == 4 and not name.isalnum() and not name.strip().isalnum()


def _format(body: memoryview) -> Format:
    if len(body) < _FORMAT.size:
        raise CutShortError("the format is cut short")
    coding, channels, rate, _, block, bits = _FORMAT.unpack_from(body)
    if coding == _EXTENSIBLE and len(body) >= _SUBFORMAT + 2:
        (coding,) = struct.unpack_from("<H", body, _SUBFORMAT)
    if coding not in (_PCM, _FLOAT):
        raise OtherCodingError(f"0x{coding:04x}")
    if channels < 1 or block % channels or not block:
        raise CutShortError(f"{channels} channels in blocks of {block} bytes")
    size = block // channels
    if (coding, size) not in _READ or not 1 <= bits <= 8 * size:
        raise CutShortError(f"samples of {bits} bits in {size} bytes")
    return Format(coding, channels, rate, size, bits)


def _samples(body: memoryview, known: Format) -> NDArray[np.float32]:
    whole = len(body) // (known.size * known.channels) * known.channels
    raw = np.frombuffer(body, np.uint8, whole * known.size)
    if known.coding == _FLOAT:
        values = raw.view(f"<f{known.size}").astype(np.float32)
    elif known.size == 1:
        values = (raw.astype(np.float32) - np.float32(128)) / np.float32(128)
    else:
        if known.size == 3:
            wide = np.zeros((whole, 4), np.uint8)
            wide[:, 1:] = raw.reshape(-1, 3)
            raw = wide.reshape(-1)
        # Fewer bits than their bytes hold stand at the top of them.
        bytes_ = 4 if known.size == 3 else known.size
        values = raw.view(f"<i{bytes_}").astype(np.float32)
        values /= np.float32(2.0 ** (8 * bytes_ - 1))
    return values.reshape(-1, known.channels)


_READ = {(_PCM, size) for size in (1, 2, 3, 4)} | {(_FLOAT, 4), (_FLOAT, 8)}
