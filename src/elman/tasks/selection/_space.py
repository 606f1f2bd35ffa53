"""What a search tries: by default from the table of parameters, else as it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from elman._errors import InputError, did_you_mean
from elman.cells import Cell, find, names
from elman.tasks.parameters import SETTINGS, Between, Parameter, rows

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(?::\s*(log))?\s*")
_TRAINING = "training__"
# With these, scores would be of other questions, or there is nothing to choose.
_FIXED = {
    **dict.fromkeys(
        ("horizon", "output", "image", "columns"), "says what is predicted"
    ),
    **dict.fromkeys(
        ("tokens", "vocabulary_size", "min_count"),
        "says of what tokens the score is a mean",
    ),
    "metric": "is what scores are made of",
    "random_state": "is the seed",
    **dict.fromkeys(
        ("progress", "callbacks", "checkpoints", "training", "max_seconds"),
        "is no choice of a model",
    ),
}
# Values of a range that a grid takes.
_POINTS = 4


@dataclass(frozen=True)
class Dimension:
    """A parameter that is tried.

    Parameters
    ----------
    name : str
        As ``set_params`` takes it.
    flag : str
        What the command line calls it.
    values : Between or tuple
        All numbers of a range, or these values.
    switch : bool
        Whether the option stands without a value.
    """

    name: str
    flag: str
    values: Between | tuple[Any, ...]
    switch: bool = False

    @property
    def labels(self) -> dict[str, Any]:
        """The values by the text that stands for each."""
        assert not isinstance(self.values, Between)  # noqa: S101 - for the type checker
        return {_label(value): value for value in self.values}

    def distribution(self) -> Any:
        """Return it as optuna has it."""
        from optuna import distributions

        values = self.values
        if not isinstance(values, Between):
            return distributions.CategoricalDistribution(list(self.labels))
        if values.whole:
            low, high = int(values.low), int(values.high)
            return distributions.IntDistribution(low, high, log=values.log)
        return distributions.FloatDistribution(values.low, values.high, log=values.log)

    def value(self, drawn: Any) -> Any:
        """Return the value that was drawn as the estimator takes it."""
        return drawn if isinstance(self.values, Between) else self.labels[drawn]

    def drawn(self, value: Any) -> Any:
        """Return a value as it would be drawn; None if it never is."""
        values = self.values
        if isinstance(values, Between):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            inside = number and values.low <= value <= values.high
            return value if inside else None
        label = _label(value)
        return label if label in self.labels else None

    def points(self) -> list[Any]:
        """Return what a grid takes of it."""
        values = self.values
        if not isinstance(values, Between):
            return list(self.labels)
        spaced = np.geomspace if values.log else np.linspace
        found = spaced(values.low, values.high, _POINTS).tolist()
        return sorted({round(x) for x in found}) if values.whole else found

    def size(self) -> float:
        """Return how many values there are."""
        values = self.values
        if not isinstance(values, Between):
            return len(self.labels)
        return values.high - values.low + 1 if values.whole else np.inf

    def option(self, value: Any) -> list[str]:
        """Return a value as the command line takes it."""
        if isinstance(value, bool) and self.switch:
            return [self.flag if value else self.flag.replace("--", "--no-", 1)]
        words = {True: "yes", False: "no", None: "none"}
        known = value is None or isinstance(value, bool)
        return [self.flag, words[value] if known else _label(value)]

    def words(self) -> str:
        """Return what is tried, as a command line writes it."""
        values = self.values
        return str(values) if isinstance(values, Between) else ",".join(self.labels)


Space = tuple[Dimension, ...]


def space_of(task: str, given: Mapping[str, Any] | None) -> Space:
    """Return what is tried of a task's estimator.

    Parameters
    ----------
    task : str
    given : mapping or None
        From a parameter's name, or its option without dashes, to a `Between`, to
        values, or to a text such as ``16..256:log`` and ``gru,lstm``. None: what the
        table of parameters says.

    Raises
    ------
    InputError
        A name is unknown, or a value is none that the parameter takes.
    """
    known = _known(task)
    if given is None:
        table = [(row.name, row.tried) for row in rows(task) if row.tried is not None]
        given = dict(table)
    if not isinstance(given, Mapping) or not given:
        raise InputError(
            "there is nothing to try: give a mapping such as {'hidden_size': '16..256"
            ":log', 'cell': ['gru', 'lstm']}"
        )
    found = [_dimension(str(name), values, known) for name, values in given.items()]
    names = [one.name for one in found]
    if double := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{double[0]} is tried twice; give all its values at once")
    return tuple(found)


def values_of(space: Space, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was drawn as ``set_params`` takes it."""
    return {one.name: one.value(drawn[one.name]) for one in space}


def drawn_of(space: Space, estimator: Any) -> dict[str, Any] | None:
    """Return an estimator's own values as they would be drawn, None if never."""
    params = estimator.get_params()
    found = {one.name: one.drawn(params.get(one.name)) for one in space}
    return None if None in found.values() else found


def _known(task: str) -> dict[str, Parameter]:
    """Return the rows that may be tried, by all their names."""
    own = [(row.name, row) for row in rows(task)]
    own += [(f"{_TRAINING}{r.name}", r) for r in SETTINGS if r.of(task)]
    found: dict[str, Parameter] = {}
    for name, row in own:
        flags = (row.option.flag, *row.option.also) if row.option else ()
        for word in (name, row.name, *(flag for flag in flags if flag)):
            found.setdefault(word.strip("-").replace("-", "_"), row)
    return found


def _dimension(word: str, values: Any, known: Mapping[str, Parameter]) -> Dimension:
    row = known.get(word.strip("-").replace("-", "_"))
    if row is None:
        raise InputError(
            f"{word!r} is no parameter to try{did_you_mean(word, known)}; there are"
            f" {', '.join(sorted({r.name for r in known.values()} - set(_FIXED)))}"
        )
    if row.name in _FIXED:
        raise InputError(f"{row.name} cannot be tried: it {_FIXED[row.name]}")
    name = f"{_TRAINING}{row.name}" if row in SETTINGS else row.name
    option = row.option
    flag = (option.flag if option else None) or f"--{row.name.replace('_', '-')}"
    if isinstance(values, str):
        values = _read(row, flag, values)
    if isinstance(values, Between):
        ends = (values.low, values.high)
        if not values.whole and _whole(row, ends):
            values = Between(*ends, log=values.log, whole=True)
        for end in ends:
            row.kind(row.name, int(end) if values.whole else end)
        return Dimension(name, flag, values)
    if not isinstance(values, Sequence | np.ndarray) or not len(values):
        raise InputError(
            f"{word}: give values to try, [16, 64], or a range, '16..256:log', got"
            f" {values!r:.60}"
        )
    values = values.tolist() if isinstance(values, np.ndarray) else values
    for value in values:
        row.kind(row.name, value)
    switch = option is not None and option.kind is bool
    return Dimension(name, flag, tuple(values), switch)


def _whole(row: Parameter, ends: Sequence[float]) -> bool:
    """Return whether whole numbers alone are meant: by the option, else by the ends."""
    if row.option is not None and row.option.kind in (int, float):
        return row.option.kind is int
    return all(isinstance(end, int) for end in ends)


def _read(row: Parameter, flag: str, text: str) -> Between | list[Any]:
    """Return what a text such as ``16..256:log`` or ``gru,lstm`` asks for."""
    if found := _RANGE.fullmatch(text):
        low, high = (_number(found[i]) for i in (1, 2))
        return Between(low, high, log=found[3] is not None)
    words = [word.strip() for word in re.split(r",(?![^(]*\))", text) if word.strip()]
    return [_value(row, flag, word) for word in words]


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)


def _value(row: Parameter, flag: str, word: str) -> Any:
    """Return one value as the option of the parameter would."""
    option = row.option
    if option is not None and option.none and word == "none":
        return None
    if option is not None and option.kind in (int, float):
        try:
            number = option.kind(word)
        except ValueError:
            what = "a whole number" if option.kind is int else "a number"
            raise InputError(f"{flag} takes {what}, got {word!r}") from None
        return number if option.read is None else option.read(flag, number)
    if (option is not None and option.kind is bool) or word in ("True", "False"):
        known = {"true": True, "yes": True, "false": False, "no": False}
        if word.lower() not in known:
            raise InputError(f"{flag} takes yes or no, got {word!r}")
        return known[word.lower()]
    if option is not None and option.read is not None:
        value = option.read(flag, word)
        return None if option.none and value == "none" else value
    return _number(word) if re.fullmatch(_NUMBER, word) else word


def _label(value: Any) -> str:
    """Return the text that stands for a value: of a cell what an option takes."""
    if isinstance(value, Cell):
        kind = type(value)
        shipped = (name for name in names() if find(name) is kind)
        options = ", ".join(value.written_options())
        name = next(shipped, kind.__name__)
        return f"{name}({options})" if options else name
    if isinstance(value, type):
        return value.__name__
    return str(value.item() if hasattr(value, "item") else value)
