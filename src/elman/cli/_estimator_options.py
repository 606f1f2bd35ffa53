"""Options for the estimators' parameters and their training, made from the table."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Annotated, Any, get_type_hints

import typer

from elman._arguments import number
from elman._errors import InputError
from elman.tasks.parameters import PARAMETERS, SETTINGS, Option, Parameter, rows

_EVERY = Parameter(
    "checkpoint_every",
    lambda name, value: number(f"--{name.replace('_', '-')}", value, zero=True),
    "",
    Option("Seconds from one checkpoint to the next; 60.", float, panel="How to train"),
)

Command = Callable[..., None]
_HIDDEN = ("options", "begin")


def training_options(*tasks: str, before: str) -> Callable[[Command], Command]:
    """Return a decorator that gives a command every option of these tasks.

    The command has a parameter ``options`` and gets what was given there: the
    parameters of the estimator, and ``checkpoint_every`` if it was given. Its parameter
    ``begin``, if it has one, is no option: what else is to be begun than a training.

    Parameters
    ----------
    tasks : str
        Names of tasks.
    before : str
        The command's own parameter that follows them in its help.
    """
    own = [row for task in tasks for row in rows(task)]
    settings = [row for row in SETTINGS if any(row.of(task) for task in tasks)]
    return _with([*_offered([*own, *settings]), _EVERY], before)


def some_options(*names: str, before: str) -> Callable[[Command], Command]:
    """Return a decorator that gives a command these parameters' options alone.

    Parameters
    ----------
    names : str
        Of parameters of estimators.
    before : str
        The command's own parameter that follows them in its help.
    """
    return _with(_offered([r for r in PARAMETERS if r.name in names]), before)


def words_for_none(names: Collection[str]) -> list[str]:
    """Return those of the parameters whose option says None in a word."""
    known = (row for row in PARAMETERS if row.option and row.option.none)
    return [row.name for row in known if row.name in names]


def _offered(asked: Collection[Parameter]) -> list[Parameter]:
    """Return the rows with an option: of several of one name, the last."""
    return list({row.name: row for row in asked if row.option}.values())


def _with(asked: list[Parameter], before: str) -> Callable[[Command], Command]:
    def extend(command: Command) -> Command:
        hints = get_type_hints(command, include_extras=True)
        shape = inspect.signature(command)
        kept = [
            parameter.replace(annotation=hints[name])
            for name, parameter in shape.parameters.items()
            if name not in _HIDDEN
        ]
        either = inspect.Parameter.POSITIONAL_OR_KEYWORD
        place = [p.name for p in kept].index(before)
        kept[place:place] = [
            inspect.Parameter(row.name, either, default=None, annotation=_asks(row))
            for row in asked
        ]

        @functools.wraps(command)
        def extended(**values: Any) -> None:
            taken = [(row, values.pop(row.name, None)) for row in asked]
            command(**values, options=_read(taken))

        extended.__signature__ = shape.replace(parameters=kept)  # type: ignore[attr-defined]
        extended.__annotations__ = {p.name: p.annotation for p in kept}
        del extended.__wrapped__  # type: ignore[attr-defined]
        return extended

    return extend


def _flag(row: Parameter) -> str:
    assert row.option is not None  # noqa: S101  only such rows come here
    return row.option.flag or f"--{row.name.replace('_', '-')}"


def _asks(row: Parameter) -> Any:
    """Return the annotation that typer makes an option of."""
    option = row.option
    assert option is not None  # noqa: S101  only such rows come here
    # A switch has a second flag, which typer makes from the name.
    names = () if option.kind is bool else (_flag(row), *option.also)
    # Of several names each keeps what it was given: two of them may not differ.
    kind: Any = list[option.kind] if option.also else option.kind  # type: ignore[name-defined]
    return Annotated[
        kind | None,
        typer.Option(
            *names,
            help=option.help,
            metavar=option.metavar
            or (f"<{option.kind.__name__}>" if option.also else None),
            rich_help_panel=option.panel,
        ),
    ]


def _one(row: Parameter, values: list[Any] | None) -> Any:
    """Return what an option with several names was given, under one of them.

    Raises
    ------
    InputError
        It was given more than once.
    """
    if values is None or len(values) < 2:
        return values[0] if values else None
    assert row.option is not None  # noqa: S101  only such rows come here
    names = " and ".join((_flag(row), *row.option.also))
    raise InputError(
        f"{names} are names for one choice, and got"
        f" {' and '.join(str(v) for v in values)}; give one of them"
    )


def _read(taken: list[tuple[Parameter, Any]]) -> dict[str, Any]:
    """Return what was given as parameters of an estimator."""
    found: dict[str, Any] = {}
    training: dict[str, Any] = {}
    for row, value in taken:
        if row.option is not None and row.option.also:
            value = _one(row, value)
        if value is None or row.option is None:
            continue
        if row.option.read is not None:
            value = row.option.read(_flag(row), value)
        if row is _EVERY:
            value = row.kind(row.name, value)
        (training if row in SETTINGS else found)[row.name] = value
    return found | ({"training": training} if training else {})
