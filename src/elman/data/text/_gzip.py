"""Text files that were packed with gzip: unpacked in memory, and never without end."""

from __future__ import annotations

import zlib
from pathlib import Path

from elman._errors import InputError

MAGIC = b"\x1f\x8b"
_PIECE = 1 << 24
_MOST = 1 << 34


def is_packed(head: bytes) -> bool:
    """Return whether a file that begins so was packed."""
    return head.startswith(MAGIC)


def unpacked(data: bytes, source: Path) -> bytes:
    """Return what was packed.

    Raises
    ------
    InputError
        The file is damaged or cut short, or holds too much.
    """
    parts: list[bytes] = []
    size, rest = 0, data
    while rest.startswith(MAGIC):
        stream = zlib.decompressobj(wbits=31)
        piece = rest
        while piece and not stream.eof:
            try:
                parts.append(stream.decompress(piece, _PIECE))
            except zlib.error:
                raise InputError(
                    f"{source}: the gzip data are damaged; unpack the file by hand, or"
                    " get it again"
                ) from None
            size += len(parts[-1])
            if size > _MOST:
                raise InputError(
                    f"{source}: more than {_MOST >> 30} GiB are packed in it; unpack"
                    " the file and split it"
                )
            piece = stream.unconsumed_tail
        if not stream.eof:
            raise InputError(f"{source}: the gzip data end early; get the file again")
        rest = stream.unused_data
    return b"".join(parts)


def name_inside(source: Path) -> Path:
    """Return what a packed file would be called without the packing."""
    return source.with_suffix("") if source.suffix.lower() == ".gz" else source
