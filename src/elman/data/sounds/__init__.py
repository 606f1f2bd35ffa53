"""Recordings: files of sound to sequences of features, with labels and groups."""

from __future__ import annotations

from ._features import SoundFeatures as SoundFeatures
from ._front_end import FrontEnd as FrontEnd
from ._front_end import bands_of as bands_of
from ._pattern import matching as matching
from ._read import SOUNDS as SOUNDS
from ._read import read_sound as read_sound
from ._recordings import Recordings as Recordings
from ._recordings import holds_recordings as holds_recordings
from ._recordings import read_recordings as read_recordings
from ._stretched import stretching as stretching

__all__ = [
    "SOUNDS",
    "FrontEnd",
    "Recordings",
    "SoundFeatures",
    "bands_of",
    "holds_recordings",
    "matching",
    "read_recordings",
    "read_sound",
    "stretching",
]
