"""Bytes of a text file as text, and which encoding that took."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from elman._errors import InputError, did_you_mean

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_HIGH = re.compile(rb"[\x80-\xff]+")
_VALID = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
# Of cp1252 between 0x80 and 0x9f: dashes, quotes, the trade mark, S and Z.
_SIGNS = frozenset(b"\x85\x8a\x8e\x91\x92\x93\x94\x95\x96\x97\x99\x9a\x9e")
_SAMPLE = 65_536
_COMMON = (
    *("utf-8", "utf-16-le", "utf-16-be", "cp1250", "cp1251", "cp1252", "cp1253"),
    *("cp1254", "cp1255", "cp1256", "cp1257", "cp437", "cp850", "cp852", "cp866"),
    *("latin-1", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-9", "iso8859-15"),
    *("koi8-r", "koi8-u", "mac-roman", "gb18030", "gbk", "big5", "shift_jis"),
    *("cp932", "euc-jp", "euc-kr", "cp949"),
)


@dataclass(frozen=True)
class Decoded:
    """Text, and what was assumed to read it.

    Attributes
    ----------
    text : str
        Without a byte order mark, with the file's line ends.
    notes : list of str
    """

    text: str
    notes: list[str]


TABLE = "a text table", "a CSV, TSV or Parquet file"
"""What was wanted of a file, and what to give instead of binary data."""


def decode(
    data: bytes,
    source: Path,
    encoding: str | None = None,
    wanted: tuple[str, str] = TABLE,
) -> Decoded:
    """Return the text of a file's bytes.

    A byte order mark, zeros at every other byte (UTF-16) and valid UTF-8 are
    certain. Other bytes are taken for Windows' western (cp1252) or Cyrillic
    (cp1251) letters where they look like them, which a note says.

    Parameters
    ----------
    data : bytes
    source : path
        The file to name in messages.
    encoding : str, optional
        What the bytes are in; nothing is guessed then.
    wanted : tuple of str
        What binary data are not, and what to give instead.

    Raises
    ------
    InputError
        Empty, binary, an unknown encoding, or bytes that are not in it.
    """
    if not data.strip():
        raise InputError(f"{source}: the file is empty")
    notes: list[str] = []
    if encoding is not None:
        text = _in(data, check_encoding(encoding), source)
    else:
        found, note = _found(data, source, wanted)
        text = _in(data, found, source)
        notes += [note] if note else []
    # Where files end in Ctrl-Z: a mark of DOS. Doubled line ends come from writing
    # \r\n to a file that turns \n into \r\n.
    text = text.removeprefix("\ufeff").rstrip("\x1a").replace("\r\r\n", "\r\n")
    if not text.strip():
        raise InputError(f"{source}: the file is empty")
    control = _CONTROL.search(text)
    if control:
        line = _line_of(text, control.start())
        raise InputError(
            f"{source}: this is binary data, not {wanted[0]} (row {line} holds the"
            f" byte {ord(control[0]):#04x}); give {wanted[1]}"
        )
    return Decoded(text, notes)


def check_encoding(name: str) -> str:
    """Return the name of an encoding of text.

    Raises
    ------
    InputError
        There is none of that name.
    """
    try:
        found = codecs.lookup(name)
        b"some".decode(name, "replace")
    except (LookupError, TypeError, ValueError, UnicodeError):
        found = None
    if found is None or name.lower() in ("idna", "punycode", "undefined"):
        raise InputError(
            f"there is no encoding {str(name)[:30]!r}"
            f"{did_you_mean(str(name).lower(), _COMMON)} (such as utf-8, cp1252,"
            " cp1251, shift_jis, utf-16)"
        )
    return name


def is_utf8(data: bytes) -> bool:
    """Return whether bytes are UTF-8, or say by a mark what else they are."""
    if any(data.startswith(mark) for mark, _ in _MARKS):
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def lines_of(text: str) -> list[str]:
    """Return the lines, divided at line ends alone and not at other separators."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _in(data: bytes, encoding: str, source: Path) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{source}, row {line}: the byte {data[error.start]:#04x} is not in the"
            f" encoding {encoding}; name the file's own with encoding= or --encoding"
        ) from None
    except UnicodeError as error:
        raise InputError(
            f"{source}: cannot be read as {encoding} ({str(error)[:60]}); name the"
            " file's own encoding with encoding= or --encoding"
        ) from None


def _found(data: bytes, source: Path, wanted: tuple[str, str]) -> tuple[str, str]:
    """Return the encoding, and a note where it was assumed."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, ""
    sample = data[:_SAMPLE]
    if b"\0" in sample and len(data) % 2 == 0:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        # Digits and delimiters have a zero byte; other letters need not.
        least = 0.2 * (len(sample) // 2)
        for here, other, name in (
            (odd, even, "utf-16-le"),
            (even, odd, "utf-16-be"),
        ):
            if here > least and other < 0.02 * here:
                return name, ""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _eight_bits(data, error, source, wanted)
    return "utf-8", ""


def _eight_bits(
    data: bytes, error: UnicodeDecodeError, source: Path, wanted: tuple[str, str]
) -> tuple[str, str]:
    """Return the likeliest encoding of bytes that are not UTF-8."""
    bad = data[error.start]
    line = data[: error.start].count(b"\n") + 1
    if data.count(0) > 0.001 * len(data):
        raise InputError(
            f"{source}: this is binary data, not {wanted[0]}; give {wanted[1]}"
        )
    runs = _HIGH.findall(data)
    high = b"".join(runs)
    valid = sum(map(len, _VALID.findall(data)))
    if valid > 0.5 * len(high):
        raise InputError(
            f"{source}, row {line}: the byte {bad:#04x} is not UTF-8, and the rest of"
            " the file is; correct that row, or name the encoding with encoding= or"
            " --encoding"
        )
    tell = (
        "; if other letters belong there, name the encoding with encoding= or"
        " --encoding"
    )
    alone = sum(len(run) == 1 for run in runs)
    odd = sum(0x80 < byte < 0xA0 and byte not in _SIGNS for byte in high)
    if 2 * alone >= len(runs) and 3 * odd <= len(high):
        # Single letters with accents, or signs, amid plain letters.
        name = "cp1252" if _reads(data, "cp1252") else "latin-1"
        return name, _assumed(data, error.start, name, tell)
    cyrillic = sum(byte >= 0xC0 or byte in (0xA8, 0xB8) for byte in high)
    lower = sum(byte >= 0xE0 or byte == 0xB8 for byte in high)
    # Four of the capital letters are, in Greek, small ones with accents.
    greek = sum(0xDC <= byte <= 0xDF for byte in high) > high.count(0xE0)
    if cyrillic > 0.95 * len(high) and lower > 0.6 * len(high) and not greek:
        return "cp1251", _assumed(data, error.start, "cp1251", tell)
    raise InputError(
        f"{source}, row {line}: the byte {bad:#04x} is not UTF-8, and which encoding"
        " it is in cannot be told; name it with encoding= or --encoding, such as"
        " cp1251, koi8-r, gb18030, shift_jis or latin-1"
    )


def _assumed(data: bytes, at: int, name: str, tell: str) -> str:
    start = max(data.rfind(b"\n", 0, at), at - 15) + 1
    shown = data[start : at + 15].split(b"\n")[0].decode(name, "replace").strip()
    return f"the file is not UTF-8 and was read as {name} (such as {shown!r}){tell}"


def _reads(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _line_of(text: str, at: int) -> int:
    return len(lines_of(text[:at]))
