"""An estimator's ``training``: every strategy of the loop, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from elman._errors import InputError, did_you_mean
from elman.tasks.parameters import PARAMETERS, SETTINGS, rows
from elman.training import Callback, TrainingSettings, needs_epochs

from ._seed import seed_of

# These have parameters of their own in every estimator.
_OWN = {row.setting: row.name for row in PARAMETERS if row.setting}
_FIELDS = [field.name for field in dataclasses.fields(TrainingSettings)]
NAMES = tuple(name for name in _FIELDS if name not in _OWN)
"""What ``training`` may set."""


def callbacks_of(value: object) -> tuple[Callback, ...]:
    """Return an estimator's ``callbacks``.

    Raises
    ------
    InputError
        They are none.
    """
    if value is None:
        return ()
    found = tuple(value) if isinstance(value, Iterable) else (value,)
    for one in found:
        if isinstance(one, type) or not hasattr(one, "on_step"):
            raise InputError(
                f"callbacks must be objects like elman.training.Callback, got {one!r}"
            )
    return found


class WithTraining:
    """Lets ``set_params(training__NAME=…)`` reach into an estimator's ``training``."""

    training: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with ``deep`` those in ``training`` one by one too."""
        above: Any = super()
        params: dict[str, Any] = above.get_params(deep=deep)
        if deep and isinstance(self.training, Mapping):
            inner = {f"training__{name}": v for name, v in self.training.items()}
            params |= inner
        return params

    def set_params(self, **params: Any) -> Any:
        """Set parameters; ``training__NAME`` sets one of `NAMES` in ``training``.

        Raises
        ------
        InputError
            There is no such setting.
        """
        start = "training__"
        inner = {k[len(start) :]: v for k, v in params.items() if k.startswith(start)}
        outer = {k: v for k, v in params.items() if not k.startswith(start)}
        for name in inner:
            if name not in NAMES:
                raise InputError(
                    f"{start}{name}: training has no setting {name!r}"
                    f"{did_you_mean(name, NAMES)}; there are {', '.join(NAMES)}"
                )
        super().set_params(**outer)  # type: ignore[misc]
        if inner:
            self.training = {**(self.training or {}), **inner}
        return self


def settings_of(
    estimator: Any,
    values: Mapping[str, Any],
    *,
    counted: Mapping[str, Any] | None = None,
    settles: Mapping[str, Any] | None = None,
    **usual: Any,
) -> TrainingSettings:
    """Return the settings of a run: the estimator's, and those of ``training``.

    Parameters
    ----------
    estimator : Estimator
        Says which task it is.
    values : mapping
        Its parameters, checked; ``training`` maps names of `NAMES` to values.
    counted, settles : mapping or None
        What the task sets besides in a run over a number of epochs, and in one that
        ends when it has settled. What in ``training`` needs a number of epochs gets
        the task's own.
    usual
        What the task sets where ``training`` does not.

    Raises
    ------
    InputError
        A name is unknown, or a value out of range.
    """
    task = estimator.task
    without = {row.name for row in SETTINGS if not row.of(task)}
    training = {} if values["training"] is None else values["training"]
    if not isinstance(training, Mapping):
        raise InputError(
            "training must map names to values, such as {'optimizer': 'nesterov'},"
            f" got {training!r:.60}"
        )
    for name in training:
        if name in _OWN:
            raise InputError(
                f"training={{{name!r}: …}} is a parameter of the estimator itself:"
                f" give {_OWN[name]}= instead"
            )
        if name in without:
            raise InputError(
                f"training={{{name!r}: …}} has no use here: all examples are of one"
                " length; leave it out"
            )
        if name not in NAMES:
            raise InputError(
                f"training has no setting {name!r}{did_you_mean(str(name), NAMES)};"
                f" there are {', '.join(NAMES)}"
            )
    own = {row.setting: values[row.name] for row in rows(task) if row.setting}
    own["seed"] = seed_of(own["seed"])
    length = {k: training[k] for k in ("average", "warm_up") if k in training}
    if own["epochs"] is None and needs_epochs(training.get("schedule"), **length):
        own["epochs"] = estimator._epochs
    settled = own["epochs"] is None
    if own["patience"] == "auto":
        own["patience"] = None if settled else estimator._patience
    more = settles if settled else counted
    return TrainingSettings(**{**own, **usual, **(more or {}), **training})


def part_of(
    settings: TrainingSettings, share: float, spent: float = 0.0
) -> TrainingSettings:
    """Return the settings of one of a fit's runs, with its share of the time.

    Parameters
    ----------
    settings : TrainingSettings
    share : float
        Of the time of the whole fit.
    spent : float
        Seconds that others took of this share.
    """
    if settings.max_seconds is None:
        return settings
    seconds = share * settings.max_seconds - spent
    return dataclasses.replace(settings, max_seconds=max(seconds, 1.0))
