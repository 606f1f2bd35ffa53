"""Options of every training for the strategies of its loop, declared once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from elman._arguments import number
from elman._errors import InputError

PANEL = "How to train"


def _option(kind: Any, *names: str, says: str) -> Any:
    return Annotated[
        kind | None, typer.Option(*names, help=says, rich_help_panel=PANEL)
    ]


# Parameters of every estimator.
_OWN = {
    "dropout": _option(float, says="Share of outputs dropped while training."),
    "weight_decay": _option(float, says="Spares biases, gains and recurrence."),
    "clip_norm": _option(str, "--clip", says="Greatest gradient norm; auto; none."),
    "patience": _option(str, says="Epochs without progress to wait; none: for ever."),
}
# Names in an estimator's ``training``.
_MORE = {
    "optimizer": _option(
        str, says="adam, adamw, sgd, nesterov, rmsprop, descent; or one of torch's."
    ),
    "momentum": _option(float, says="Of sgd and nesterov."),
    "schedule": _option(
        str,
        says="Of the rate: constant, cosine, linear, exponential, one-cycle, step,"
        " plateau.",
    ),
    "warm_up": _option(float, says="Steps, or below 1 a share, of rising rate."),
    "clip_value": _option(float, says="Bound of each element of the gradient."),
    "accumulate": _option(int, says="Parts a batch is run in, to save memory."),
    "average": _option(str, says="ema or swa: keep averaged weights."),
    "average_decay": _option(float, says="Of ema."),
    "weight_noise": _option(float, says="Deviation of noise on the matrices."),
    "precision": _option(str, says="full or mixed."),
    "tokens_per_batch": _option(
        int, says="Batches of like length, so many steps each."
    ),
    "local_steps": _option(
        int, says="With several processes: average weights every so many steps."
    ),
}
_EVERY = _option(float, says="Seconds from one checkpoint to the next; 60.")


def strategies(*without: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command these options.

    The command has a parameter ``strategy`` and gets what was given there: the
    parameters of the estimator, and ``checkpoint_every`` if it was given.

    Parameters
    ----------
    without : str
        What the task has no use for.
    """
    offered = {**_OWN, **_MORE, "checkpoint_every": _EVERY}
    offered = {name: kind for name, kind in offered.items() if name not in without}

    def extend(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        shape = inspect.signature(command)
        kept = [
            parameter.replace(annotation=hints[name])
            for name, parameter in shape.parameters.items()
            if name != "strategy"
        ]
        either = inspect.Parameter.POSITIONAL_OR_KEYWORD
        place = [p.name for p in kept].index("processes")
        kept[place:place] = [
            inspect.Parameter(name, either, default=None, annotation=kind)
            for name, kind in offered.items()
        ]

        @functools.wraps(command)
        def extended(**values: Any) -> None:
            taken = {name: values.pop(name, None) for name in offered}
            command(**values, strategy=_settings(taken))

        extended.__signature__ = shape.replace(parameters=kept)  # type: ignore[attr-defined]
        extended.__annotations__ = {p.name: p.annotation for p in kept}
        del extended.__wrapped__  # type: ignore[attr-defined]
        return extended

    return extend


def _settings(taken: dict[str, Any]) -> dict[str, Any]:
    """Return what was given as parameters of an estimator."""
    given = {name: value for name, value in taken.items() if value is not None}
    found = {name: given.pop(name) for name in _OWN if name in given}
    if "clip_norm" in found:
        found["clip_norm"] = _number_or("--clip", found["clip_norm"], float, "auto")
    if "patience" in found:
        found["patience"] = _number_or("--patience", found["patience"], int)
    if given.get("warm_up", 0.0) >= 1 and given["warm_up"].is_integer():
        given["warm_up"] = int(given["warm_up"])
    if "checkpoint_every" in given:
        every = number("--checkpoint-every", given.pop("checkpoint_every"), zero=True)
        found["checkpoint_every"] = every
    return found | ({"training": given} if given else {})


def _number_or(name: str, text: str, kind: type, *words: str) -> Any:
    """Return the number, or the text if it is "none" or one of the words."""
    if text in ("none", *words):
        return text
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise InputError(
            f"{name} must be {', '.join((what, *words))} or none, got {text!r}"
        ) from None
