"""What is transcribed: texts and lists of labels as numbers, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np

from elman._errors import InputError
from elman.tasks.tokens._text import as_text

Label: TypeAlias = str | int
Row: TypeAlias = list[Label]

_MOST_WORDS, _TIMES = 200, 5


@dataclass(frozen=True)
class Alphabet:
    """Every label there is, and the form in which rows of them are given.

    Attributes
    ----------
    labels : tuple of str or int
        Sorted; the first is number 1, since 0 is no label.
    form : str
        "characters" or "words" of texts, or "labels" of lists.
    spaced : bool
        Whether texts of characters have blanks between words.
    """

    labels: tuple[Label, ...]
    form: str
    spaced: bool = False

    @classmethod
    def of(cls, y: Any, tokens: str, count: int) -> tuple[Alphabet, list[Row]]:
        """Return the labels of what is to be learned, and each sequence's row.

        Parameters
        ----------
        y : sequence
            Texts, or lists of labels.
        tokens : str
            "auto", or what texts are made of.
        count : int
            How many there have to be.

        Raises
        ------
        InputError
            They are something else, or there is not a single label.
        """
        texts = _rows(y, count)
        if isinstance(texts[0], str):
            form = _kind_of(texts) if tokens == "auto" else tokens
        else:
            form = "labels"
        rows = [_split(text, form) for text in texts]
        known = {label for row in rows for label in row}
        if not known:
            raise InputError(
                "y has no label: every text is empty; give what each sequence says"
            )
        labels = sorted(known, key=lambda label: (isinstance(label, str), label))
        spaced = form == "characters" and " " in known
        return cls(tuple(labels), form, spaced), rows

    @property
    def unit(self) -> str:
        """What one of them is called."""
        return self.form.removesuffix("s")

    def rows(self, y: Any, count: int) -> list[Row]:
        """Return the rows of other sequences, in the form of those learned.

        Raises
        ------
        InputError
            They are in another form.
        """
        texts = _rows(y, count)
        if isinstance(texts[0], str) != (self.form != "labels"):
            forms = ("lists of labels", "texts")
            mine = self.form != "labels"
            raise InputError(
                f"y holds {forms[not mine]}, and the network was fitted with"
                f" {forms[mine]}; give them in the same form"
            )
        return [_split(text, self.form) for text in texts]

    def numbers(self, row: Row) -> list[int]:
        """Return the numbers of labels that are all known."""
        place = {label: number for number, label in enumerate(self.labels, 1)}
        return [place[label] for label in row]

    def row(self, numbers: Sequence[int]) -> Row:
        """Return the labels of numbers."""
        return [self.labels[number - 1] for number in numbers]

    def text(self, row: Row) -> str:
        """Return labels as one text."""
        gap = "" if self.form == "characters" else " "
        return gap.join(map(str, row))

    def given(self, row: Row) -> str | Row:
        """Return labels in the form in which y had them."""
        return row if self.form == "labels" else self.text(row)

    def words(self, row: Row) -> list[str]:
        """Return the words of a row."""
        return self.text(row).split()

    def strangers(self, rows: Sequence[Row]) -> list[Label]:
        """Return the labels of rows that are not in it, each once."""
        known = set(self.labels)
        every = (label for row in rows for label in row if label not in known)
        return list(dict.fromkeys(every))


def _rows(y: Any, count: int) -> list[Any]:
    if isinstance(y, str) or not hasattr(y, "__len__"):
        raise InputError(
            "y must be a list of texts, or of lists of labels, one a sequence; got"
            f" {type(y).__name__}"
        )
    if len(y) != count:
        raise InputError(
            f"X has {count:,} sequences and y {len(y):,} rows: each sequence needs the"
            " labels that it says"
        )
    found = [_row(row, f"y[{place}]") for place, row in enumerate(y)]
    for place, row in enumerate(found):
        if isinstance(row, str) != isinstance(found[0], str):
            kinds = ("a list of labels", "a text")
            raise InputError(
                f"y[{place}] is {kinds[isinstance(row, str)]} and y[0]"
                f" {kinds[isinstance(found[0], str)]}; give all in one form"
            )
    return found


def _row(row: Any, where: str) -> str | Row:
    if isinstance(row, str):
        return as_text(str(row), where)
    if not isinstance(row, list | tuple | np.ndarray) or np.ndim(row) != 1:
        raise InputError(
            f"{where} must be a text or a list of labels, got {type(row).__name__}"
            f" ({row!r:.40})"
        )
    return [_label(label, f"{where}[{i}]") for i, label in enumerate(row)]


def _label(label: Any, where: str) -> Label:
    if isinstance(label, str) and label.strip():
        return as_text(str(label), where)
    if isinstance(label, Integral) and not isinstance(label, bool | np.bool_):
        return int(label)
    raise InputError(
        f"{where} must be a label, a str that is not blank or a whole number, got"
        f" {label!r:.40}"
    )


def _split(text: Any, form: str) -> Row:
    if form == "words":
        return list(text.split())
    return list(text.strip() if isinstance(text, str) else text)


def _kind_of(texts: Sequence[str]) -> str:
    """Return what texts are made of: words, where there are few and each comes often.

    Most texts have several, and in all there are at most 200, five of each on average.
    """
    split = [text.split() for text in texts if text.strip()]
    counts = Counter(word for words in split for word in words)
    several = 2 * sum(len(words) > 1 for words in split) > len(split)
    often = len(counts) <= _MOST_WORDS and counts.total() >= _TIMES * len(counts)
    return "words" if several and often else "characters"
