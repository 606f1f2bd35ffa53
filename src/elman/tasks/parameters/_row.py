"""One parameter of an estimator: its range, its option, its sentence in the docs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from elman._arguments import share, whole_number
from elman._errors import InputError, did_you_mean

MODEL = "Model and training"
"""Heading of the options that say what is trained."""

STRATEGY = "How to train"
"""Heading of the options that say how the loop trains."""


class Kind(Protocol):
    """What values a parameter takes; ``str`` of it is the type the docs state."""

    def __call__(self, name: str, value: Any) -> Any:
        """Return the value, or raise `InputError`."""


@dataclass(frozen=True)
class Choice:
    """One of these words; the nearest is suggested.

    Parameters
    ----------
    words : callable
        Returns them. Asked for when needed, as who knows them may be slow to import.
    """

    words: Callable[[], Sequence[str]]

    def __call__(self, name: str, value: Any) -> str:
        """Return the word."""
        words = list(self.words())
        if not isinstance(value, str) or value not in words:
            raise InputError(
                f"{name} must be one of {', '.join(words)}, got {value!r}"
                f"{did_you_mean(str(value), words)}"
            )
        return value

    def __str__(self) -> str:
        """Return the words in braces."""
        return "{" + ", ".join(f'"{word}"' for word in self.words()) + "}"


@dataclass(frozen=True)
class Whole:
    """A whole number from ``least`` to ``most``, or None where ``none`` says so."""

    least: int = 1
    none: bool = False
    most: int | None = None

    def __call__(self, name: str, value: Any) -> int | None:
        """Return the number."""
        if self.none and value is None:
            return None
        return whole_number(name, value, self.least, self.most)

    def __str__(self) -> str:
        """Return the type."""
        return "int or None" if self.none else "int"


@dataclass(frozen=True)
class Share:
    """A number between 0 and 1; 0 itself where ``zero`` says so."""

    zero: bool = False

    def __call__(self, name: str, value: Any) -> float:
        """Return the number."""
        return share(name, value, zero=self.zero)

    def __str__(self) -> str:
        """Return the type."""
        return "float"


@dataclass(frozen=True)
class Flag:
    """True or False, NumPy's and 0 and 1 included."""

    def __call__(self, name: str, value: Any) -> bool:
        """Return the boolean."""
        if type(value).__name__ not in ("bool", "bool_", "int") or value not in (0, 1):
            raise InputError(f"{name} must be True or False, got {value!r:.60}")
        return bool(value)

    def __str__(self) -> str:
        """Return the type."""
        return "bool"


@dataclass(frozen=True)
class Checked:
    """What somebody else checks: the training's settings, or a function.

    Parameters
    ----------
    type : str
        As the docs state it.
    check : callable or None
        Raises `InputError`, or returns the value in another form.
    """

    type: str
    check: Callable[[Any], Any] | None = None

    def __call__(self, name: str, value: Any) -> Any:
        """Return what the function makes of the value."""
        return value if self.check is None else self.check(value)

    def __str__(self) -> str:
        """Return the type."""
        return self.type


@dataclass(frozen=True)
class Option:
    """How the command line asks for a parameter.

    Parameters
    ----------
    help : str
        One line.
    kind : type
        What the text is turned into.
    flag : str or None
        Such as ``--lr``; from the name if None.
    panel : str or None
        Heading of the help it stands under.
    metavar : str or None
    read : callable or None
        Makes the value of the text, given the flag and the text.
    none : bool
        The text "none" means None.
    also : tuple of str
        Further flags for the same.
    """

    help: str
    kind: type = str
    flag: str | None = None
    panel: str | None = None
    metavar: str | None = None
    read: Callable[[str, Any], Any] | None = None
    none: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Between:
    """All numbers from one to another, for a search to draw from.

    Parameters
    ----------
    low, high : float
        Both may be drawn.
    log : bool
        Whether the logarithm is drawn evenly.
    whole : bool
        Whether whole numbers alone are drawn.

    Raises
    ------
    InputError
        They are in the wrong order, or no logarithm can be taken of them.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InputError(
                f"{self}: the first number must be below the second; one value alone"
                " is written alone"
            )
        if self.log and self.low <= 0:
            raise InputError(f"{self}: a logarithm is taken of numbers above 0")

    def __str__(self) -> str:
        """Return how a command line writes it."""
        return f"{self.low:g}..{self.high:g}{':log' if self.log else ''}"


@dataclass(frozen=True)
class Parameter:
    """A row of the table.

    Parameters
    ----------
    name : str
        As ``__init__`` has it.
    kind : Kind
        Checks a value.
    doc : str
        What it is, in sentences.
    option : Option or None
        None: the command line does not offer it.
    tasks : tuple of str
        The estimators that have it; all of them if empty.
    setting : str or None
        The field of `elman.training.TrainingSettings` it is passed on as.
    tried : Between, tuple or None
        What a search tries of it unless told; None: it stays as it is.
    """

    name: str
    kind: Kind
    doc: str
    option: Option | None = None
    tasks: tuple[str, ...] = field(default=())
    setting: str | None = None
    tried: Between | tuple[Any, ...] | None = None

    def of(self, task: str) -> bool:
        """Return whether that task's estimator has it."""
        return not self.tasks or task in self.tasks
