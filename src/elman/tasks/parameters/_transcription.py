"""Parameters of the transcriber."""

from __future__ import annotations

from ._auto import WholeOrAuto, whole_option
from ._row import MODEL, Choice, Option, Parameter, Whole
from ._translation import MOST_BEAM

_HERE = ("transcribe",)

TRANSCRIPTION: tuple[Parameter, ...] = (
    Parameter(
        "tokens",
        Choice(lambda: ("auto", "characters", "words")),
        "What texts are made of: ``words`` are what stands between blanks. ``auto``:"
        " words where most texts have several, at most 200 different ones and five of"
        " each on average; else characters. Lists of labels are taken as they are.",
        Option("auto, characters, or words between blanks.", panel=MODEL),
        _HERE,
    ),
    Parameter(
        "frames",
        WholeOrAuto(),
        "Steps that are read as one, side by side: fewer steps are sooner learned from."
        " ``auto``: as many, 8 at most, as leave 8 steps to a label in the middle of"
        " the sequences, and to each sequence twice what its labels need.",
        whole_option("--frames", "Steps that are read as one."),
        _HERE,
    ),
    Parameter(
        "beam",
        Whole(most=MOST_BEAM),
        "Beginnings of transcriptions that are followed side by side; 1 takes the"
        " likeliest symbol of each step.",
        Option("Beginnings followed side by side; 10.", int, panel="How to search"),
        _HERE,
    ),
)
"""Those that a transcriber has, and its own in place of those that others have."""
