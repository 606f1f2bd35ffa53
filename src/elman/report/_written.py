"""Text on the page: what was written and translated, and where a text surprised."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ._numbers import fixed, number
from ._values import finite, floats, listed, rows, section

LEVELS = (0.5, 1.0, 2.0, 3.0, 4.5, 6.0)
"""Nats from which a token is coloured more strongly; e⁻³ is one in twenty."""


_TRANSLATED = {
    "source": "Source",
    "reference": "Reference",
    "translation": "Translation",
    "greedy": "The likeliest words",
}

_TRANSCRIBED = {
    "reference": "Truth",
    "transcription": "Transcription",
    "greedy": "Step by step",
}


@dataclass(frozen=True)
class Surprise:
    """A text in runs of one colour.

    Attributes
    ----------
    caption : str
    legend : list of (int, str)
        Each level, and from how many nats on.
    runs : list of (int, str)
        A level and the text that has it, in the order of the text.
    """

    caption: str
    legend: list[tuple[int, str]]
    runs: list[tuple[int, str]]


@dataclass(frozen=True)
class Sample:
    """What was written after an epoch."""

    title: str
    text: str


def surprise_text(results: Mapping[str, Any]) -> Surprise | None:
    """Return the coloured text of the results, None where there is none."""
    found = section(results, "surprise")
    pieces = [str(piece) for piece in listed(found, "pieces")]
    nats = floats(listed(found, "nats"))
    if not pieces or len(pieces) != len(nats):
        return None
    levels = [sum(value >= edge for edge in LEVELS) for value in nats]
    unit = str(found.get("unit") or "token")
    return Surprise(
        f"The beginning of the part that was scored. The stronger the colour, the less"
        f" probable the {unit} was to the network, from those before it: nats, the"
        " logarithm of one over the probability. Good: colour at the beginnings of"
        " words and lines alone, where there is a choice.",
        [(0, f"below {LEVELS[0]:g}")]
        + [(i, f"{edge:g}") for i, edge in enumerate(LEVELS, 1)],
        list(_runs(levels, pieces)),
    )


def samples(results: Mapping[str, Any]) -> list[Sample]:
    """Return what was written, epoch by epoch."""
    written = rows(results, "samples")
    best = finite(section(results, "training").get("best_epoch"))
    found = []
    for row in written:
        epoch, loss = finite(row.get("epoch")), finite(row.get("loss"))
        title = f"after epoch {number(epoch)}"
        if loss is not None:
            title += f", {fixed(loss, 3)} nats on the validation part"
        if epoch == best:
            title += ": the one that is kept"
        found.append(Sample(title, str(row.get("text") or "")))
    return found


def translations(results: Mapping[str, Any]) -> list[list[tuple[str, str]]]:
    """Return a few pairs with their translations, in pairs of words."""
    return _beside(rows(results, "translations"), _TRANSLATED, "translation")


def transcriptions(results: Mapping[str, Any]) -> list[list[tuple[str, str]]]:
    """Return what a few sequences say, and what was found, in pairs of words."""
    return _beside(rows(results, "transcriptions"), _TRANSCRIBED, "transcription")


def _beside(
    texts: Sequence[Mapping[str, Any]], names: Mapping[str, str], found: str
) -> list[list[tuple[str, str]]]:
    """Return the texts of each row by their names, the greedy one if it is another."""
    pairs = []
    for row in texts:
        given = {name: str(row.get(name) or "") for name in names}
        if given["greedy"] == given[found]:
            del given["greedy"]
        pairs.append([(names[name], text) for name, text in given.items()])
    return pairs


def _runs(levels: Sequence[int], pieces: Sequence[str]) -> Any:
    """Yield a level and the pieces in a row that have it, as one text."""
    pairs = zip(levels, pieces, strict=True)
    for level, run in itertools.groupby(pairs, key=lambda pair: pair[0]):
        yield level, "".join(piece for _, piece in run)
