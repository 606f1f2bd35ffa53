"""One file of sound: its samples, and how many there are a second."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data._room import check_room

from ._wave import CutShortError, OtherCodingError, parse_wave

SOUNDS = (
    *(".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3"),
    *(".aif", ".aiff", ".aifc", ".au", ".snd", ".w64", ".rf64", ".caf"),
)
"""Endings of the names of files that are taken for recordings."""

_HEAD = 12
# Hz: outside of it a header is damaged, or the file is no sound.
_RATES = (100, 10_000_000)


def read_sound(path: str | os.PathLike[str]) -> tuple[NDArray[np.float32], int]:
    """Read a file of sound as one channel.

    WAV (whole numbers of 8 to 32 bits, floats) is read by itself; FLAC, Ogg, MP3,
    AIFF and other kinds with the package ``soundfile``.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    samples : ndarray
        (n,), float32; full scale is 1. Several channels are averaged.
    rate : int
        Samples a second.

    Raises
    ------
    InputError
        The file is empty, damaged, no sound, or ``soundfile`` is needed and not
        there; the line names the file and says what to do.
    """
    file = Path(path)
    samples, rate, _ = decoded(content_of(file), file)
    return samples, rate


def content_of(file: Path) -> bytes:
    """Return the bytes of a file of sound.

    Raises
    ------
    InputError
        It is missing, a folder, empty, not to be read, or larger than the memory.
    """
    try:
        if file.is_dir():
            raise InputError(f"{file} is a folder; name a file of sound")
        # The bytes, the samples in them, and these as floats.
        check_room(file, 4 * file.stat().st_size)
        content = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{file} cannot be read ({reason})") from None
    if not content:
        raise InputError(f"{file} is empty; delete it, or put the recording there")
    return content


def decoded(content: bytes, file: Path) -> tuple[NDArray[np.float32], int, list[str]]:
    """Return samples, rate, and what was done to them.

    Parameters
    ----------
    content : bytes
        Of the file.
    file : path
        Its name, for messages.
    """
    if content[:4] in (b"RIFF", b"RF64") and content[8:_HEAD] == b"WAVE":
        values, rate, notes = _wave(content, file)
    elif file.suffix.lower() in (".wav", ".wave") and not _is_other(content):
        raise InputError(
            f"{file} is no WAV file: it begins with {_seen(content)}; convert it, or"
            " take it out"
        )
    else:
        values, rate, notes = _other(content, file)
    if not _RATES[0] <= rate <= _RATES[1]:
        raise InputError(
            f"{file}: its header says {rate:,} samples a second; it is damaged"
        )
    if values.ndim == 2:
        if values.shape[1] > 1:
            notes = [*notes, "several channels were averaged"]
        values = values.mean(1, dtype=np.float32)
    if not len(values):
        raise InputError(f"{file} holds no samples; record it again, or take it out")
    if not np.isfinite(values).all():
        raise InputError(f"{file} holds samples that are no numbers; it is damaged")
    return values, rate, notes


def _wave(content: bytes, file: Path) -> tuple[NDArray[np.float32], int, list[str]]:
    try:
        values, rate, short = parse_wave(content)
    except CutShortError as error:
        raise InputError(
            f"{file} is a damaged WAV file: its header is cut short or wrong ({error});"
            " record or copy it again, or take it out"
        ) from None
    except OtherCodingError as error:
        try:
            return _other(content, file)
        except InputError:
            raise InputError(
                f"{file} is a WAV file with the coding {error}, which is not read;"
                " convert it to PCM: ffmpeg -i IN.wav -c:a pcm_s16le OUT.wav"
            ) from None
    cut = "the file ends before its header says, and was read as far as it goes"
    return values, rate, [cut] if short else []


def _is_other(content: bytes) -> bool:
    """Return whether it begins as another kind of sound does."""
    heads = (b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"caff", b"riff", b"RIFX")
    return content.startswith(heads) or content[:2] in (b"\xff\xfb", b"\xff\xf3")


def _seen(content: bytes) -> str:
    head = content[:12]
    text = head.decode("latin-1")
    if all(" " <= letter <= "~" or letter in "\r\n\t" for letter in text):
        return f"the text {' '.join(text.split())!r}"
    return f"the bytes {head[:8].hex(' ')}"


def _other(content: bytes, file: Path) -> tuple[NDArray[np.float32], int, list[str]]:
    try:
        import soundfile
    # It raises OSError where its library is not there.
    except (ImportError, OSError):
        raise InputError(
            f"{file}: only WAV is read without the package soundfile; install it by:"
            " pip install 'elman[sound]'"
        ) from None
    try:
        values, rate = soundfile.read(
            io.BytesIO(content), dtype="float32", always_2d=True
        )
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"{file} cannot be read as sound ({reason:.80}); convert it to WAV, or"
            " take it out"
        ) from None
    return np.asarray(values), int(rate), []
