"""What each channel of the sequences is, and the sequences as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from elman._errors import InputError, did_you_mean
from elman.data import KINDS, kind_of_words

from ._cells import cells_of, gaps_of, is_missing, numbers_of, said, words_of

_NUMBER, _CATEGORY, _TEXT, _ELAPSED = KINDS
TIME, CHARACTERS, WORDS = "time", "characters", "words"
KNOWN = (*KINDS, TIME, CHARACTERS, WORDS)
"""What a channel can be said to be."""

MOST_VALUES = 10_000
"""So many values of a channel have a number of their own, the most frequent."""

_MOST_WORDS = 12
# A value that one sequence alone has says nothing about others.
_FEWEST = 2


@dataclass(frozen=True)
class Shape:
    """A field as a network reads it.

    Attributes
    ----------
    count : int
        Columns it takes: 1, or as many as words are read of a text.
    values : int
        How many values have a number, 0 to values - 1; others have ``values``.
    bag : bool
        Whether the columns are the words of one text, in no order.
    """

    count: int
    values: int
    bag: bool


@dataclass(frozen=True)
class Layout:
    """Where what is in a sequence that was coded: numbers, then fields.

    Attributes
    ----------
    numbers : int
    elapsed : int or None
        Which of the numbers is the time since the step before.
    fields : tuple of Shape
    """

    numbers: int
    elapsed: int | None = None
    fields: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class Columns:
    """What each channel is, and the values that were met.

    Attributes
    ----------
    names : list of str
        Of the channels as they are given.
    kinds : list of str
        One of `KNOWN` each; or of cases that are texts ``characters`` or ``words``.
    values : list of list of str
        Of each channel that is no number, those with a number of their own.
    counts : list of int
        How many columns it takes.
    """

    names: list[str]
    kinds: list[str]
    values: list[list[str]]
    counts: list[int]

    @classmethod
    def of(
        cls, rows: Sequence[Any], names: Sequence[str] | None, told: Mapping[Any, str]
    ) -> Columns:
        """Return what the channels of training sequences are.

        Parameters
        ----------
        rows : sequence
            Texts, or tables (T_i, C).
        names : sequence of str or None
        told : mapping
            Of a channel's name or number what it is; others are told by their values.
        """
        if isinstance(rows[0], str):
            kind = WORDS if told.get(0) in (_TEXT, WORDS) else CHARACTERS
            steps = [_steps_of(row, kind, i) for i, row in enumerate(rows)]
            return cls([kind], [kind], [_met([s] for s in steps)], [1])
        tables = _tables(rows, None)
        channels = len(tables[0])
        called = list(names or [f"channel {i}" for i in range(channels)])
        given = _by_number(told, called, names is not None)
        kinds, values, counts = [], [], []
        for i in range(channels):
            cells = [table[i] for table in tables]
            kind = given.get(i) or _guess(cells, called[i])
            kinds.append(kind)
            values.append(_values(cells, kind))
            counts.append(_count(cells) if kind == _TEXT else 1)
        return cls(called, kinds, values, counts)

    @property
    def texts(self) -> bool:
        """Whether each case is one text."""
        return self.kinds[0] in (CHARACTERS, WORDS)

    @property
    def fields(self) -> list[int]:
        """The channels that are no numbers."""
        known = (_CATEGORY, _TEXT, CHARACTERS, WORDS)
        return [i for i, kind in enumerate(self.kinds) if kind in known]

    @property
    def numbers(self) -> list[int]:
        """The channels that are numbers or times."""
        return [i for i in range(len(self.kinds)) if i not in self.fields]

    @property
    def layout(self) -> Layout:
        """Where what is in a coded sequence."""
        elapsed = [
            place
            for place, i in enumerate(self.numbers)
            if self.kinds[i] in (_ELAPSED, TIME)
        ]
        shapes = tuple(
            Shape(self.counts[i], len(self.values[i]), self.kinds[i] == _TEXT)
            for i in self.fields
        )
        return Layout(len(self.numbers), elapsed[0] if elapsed else None, shapes)

    def coded(self, rows: Sequence[Any]) -> list[NDArray[np.float64]]:
        """Return sequences (T_i, C') of numbers: numbers first, then fields' numbers.

        A value without a number of its own has the number after the last; where
        nothing is known stands NaN.

        Parameters
        ----------
        rows : sequence
            As for `of`.

        Raises
        ------
        InputError
            They are not what the training sequences were.
        """
        if self.texts != isinstance(rows[0], str):
            what = ("texts", "tables") if self.texts else ("tables", "texts")
            raise InputError(
                f"X holds {what[1]}, and the network was fitted with {what[0]}"
            )
        numbers = [{v: i for i, v in enumerate(values)} for values in self.values]
        if self.texts:
            steps = [_steps_of(row, self.kinds[0], i) for i, row in enumerate(rows)]
            known = numbers[0]
            return [_coded([s], known, 1) for s in steps]
        found = []
        for row, table in enumerate(_tables(rows, len(self.kinds))):
            parts = []
            for i in (*self.numbers, *self.fields):
                where = f"X[{row}], {self.names[i]!r}"
                kind, cells = self.kinds[i], table[i]
                if kind in (_NUMBER, _ELAPSED):
                    parts.append(numbers_of(cells, where)[:, None])
                elif kind == TIME:
                    parts.append(gaps_of(cells, where)[:, None])
                elif kind == _TEXT:
                    each = [[] if is_missing(v) else words_of(said(v)) for v in cells]
                    parts.append(_bags(each, numbers[i], self.counts[i]))
                else:
                    named = [None if is_missing(v) else said(v) for v in cells]
                    parts.append(_coded([named], numbers[i], 1))
                if kind == _ELAPSED and (parts[-1] < 0).any():
                    step = int(np.argmax(parts[-1][:, 0] < 0))
                    raise InputError(
                        f"{where}, step {step}: the time since the step before is"
                        " negative; sort the steps by time"
                    )
            found.append(np.concatenate(parts, 1))
        return found

    def named(self, sequence: NDArray[np.float64]) -> list[str]:
        """Return what stands at each step of a coded sequence, in words.

        Of several fields the values side by side; ``…`` for one without a number of its
        own, ``–`` where nothing is known.
        """
        found: list[list[str]] = [[] for _ in sequence]
        start = len(self.numbers)
        for i in self.fields:
            values, count = self.values[i], self.counts[i]
            for step, codes in zip(
                found, sequence[:, start : start + count], strict=True
            ):
                known = [int(code) for code in codes if not np.isnan(code)]
                said_ = [values[k] if k < len(values) else "…" for k in known]
                step.append(" ".join(said_) or "–")
            start += count
        return [" · ".join(step) for step in found]

    def notes(self, rows: Sequence[int]) -> list[str]:
        """Return one line for each channel that is no number.

        Parameters
        ----------
        rows : sequence of int
            How many embeddings each field has.
        """
        said_ = []
        for i, count in zip(self.fields, rows, strict=True):
            width = width_of(count)
            own = count - 2
            kind = self.kinds[i]
            if self.texts:
                what = f"each case is one text, read by its {kind}: {own:,}"
            elif kind == _TEXT:
                what = (
                    f"{self.names[i]!r} is read as text, the first {self.counts[i]}"
                    f" words of a step: {own:,} words"
                )
            else:
                what = f"{self.names[i]!r} is read as a category: {own:,} values"
            said_.append(
                f"{what} of at least two sequences have an embedding of {width} numbers"
                " each; others share one, and missing ones have another"
            )
        for i in self.numbers:
            if self.kinds[i] in (_ELAPSED, TIME):
                said_.append(
                    f"{self.names[i]!r} is the time since the step before, read on a"
                    " logarithmic scale"
                )
        return said_

    def dump(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "names": self.names,
            "kinds": self.kinds,
            "values": self.values,
            "counts": self.counts,
        }

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Columns:
        """Return what `dump` said."""
        return cls(
            list(stored["names"]),
            list(stored["kinds"]),
            [list(values) for values in stored["values"]],
            list(stored["counts"]),
        )


def width_of(rows: int) -> int:
    """Return how wide the embeddings of so many values are.

    The rule is 1.6 times the number to the power of 0.56, as fastai has it, at least 2
    and at most 64.
    """
    return int(np.clip(round(1.6 * rows**0.56), 2, 64))


def _tables(rows: Sequence[Any], channels: int | None) -> list[list[list[Any]]]:
    found = []
    for i, row in enumerate(rows):
        if isinstance(row, str):
            raise InputError(f"X[{i}] is a text, and other sequences are tables")
        found.append(cells_of(row, channels, f"X[{i}]"))
        channels = len(found[0])
    return found


def _steps_of(text: Any, kind: str, i: int) -> list[str]:
    """Return the characters or words of a case."""
    if not isinstance(text, str):
        raise InputError(
            f"X[{i}] is {type(text).__name__}, and other cases are texts; give each as"
            " a text"
        )
    steps = list(text) if kind == CHARACTERS else words_of(text)
    if not steps:
        raise InputError(f"X[{i}] is a text without {kind}; drop it, and its target")
    return steps


def _by_number(
    told: Mapping[Any, str], names: list[str], named: bool
) -> dict[int, str]:
    """Return what was told by the channels' numbers."""
    found = {}
    for key, kind in told.items():
        number = names.index(key) if key in names else key
        if isinstance(number, bool) or not isinstance(number, int | np.integer):
            hint = did_you_mean(str(key), names) if named else ""
            raise InputError(
                f"columns names {key!r}, and X has the channels"
                f" {', '.join(map(repr, names[:8])) if named else range(len(names))}"
                f"{hint}"
            )
        if not -len(names) <= number < len(names):
            raise InputError(
                f"columns names channel {number}, and X has {len(names)} channels,"
                " numbered from 0"
            )
        if kind in (CHARACTERS, WORDS):
            raise InputError(
                f"columns[{key!r}] is {kind!r}, which is for cases that are one text"
                f" each; a channel of a table is {_CATEGORY!r} or {_TEXT!r}"
            )
        found[int(number) % len(names)] = kind
    timed = [i for i, kind in found.items() if kind in (_ELAPSED, TIME)]
    if len(timed) > 1:
        raise InputError(
            f"columns names {len(timed)} channels as times ({names[timed[0]]!r},"
            f" {names[timed[1]]!r}); one can be"
        )
    return found


def _guess(cells: Sequence[list[Any]], name: str) -> str:
    words = [v for part in cells for v in part if isinstance(v, str) and v]
    if not words:
        return _NUMBER
    return kind_of_words(pl.Series(name, words))


def _values(cells: Sequence[list[Any]], kind: str) -> list[str]:
    if kind == _CATEGORY:
        return _met([[said(v) for v in part if not is_missing(v)]] for part in cells)
    if kind == _TEXT:
        return _met(
            [words_of(said(v)) for v in part if not is_missing(v)] for part in cells
        )
    return []


def _met(cases: Any) -> list[str]:
    """Return the values that at least two sequences have, the most frequent first."""
    counts: Counter[str] = Counter()
    for case in cases:
        counts.update({value for part in case for value in part})
    often = [(-n, value) for value, n in counts.items() if n >= _FEWEST]
    return [value for _, value in sorted(often)[:MOST_VALUES]]


def _count(cells: Sequence[list[Any]]) -> int:
    """Return how many words of a text are read: all, of nineteen texts in twenty."""
    lengths = [
        len(words_of(said(v))) for part in cells for v in part if not is_missing(v)
    ]
    most = np.quantile(lengths, 0.95) if lengths else 1
    return int(np.clip(np.ceil(most), 1, _MOST_WORDS))


def _coded(
    columns: Sequence[Sequence[str | None]], known: Mapping[str, int], count: int
) -> NDArray[np.float64]:
    other = len(known)
    return np.array(
        [[np.nan if v is None else known.get(v, other) for v in c] for c in columns],
        np.float64,
    ).T.reshape(-1, count)


def _bags(
    texts: Sequence[list[str]], known: Mapping[str, int], count: int
) -> NDArray[np.float64]:
    found = np.full((len(texts), count), np.nan)
    for step, words in enumerate(texts):
        part = [known.get(word, len(known)) for word in words[:count]]
        found[step, : len(part)] = part
    return found
