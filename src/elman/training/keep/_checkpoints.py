"""Checkpoints of a training run: when they are taken, and how one is taken up."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save as save_tensors
from torch import nn

from elman._arguments import number, whole_number
from elman._errors import InputError
from elman._files import parse_json, parse_tensors
from elman.training._settings import TrainingSettings
from elman.training.data._examples import Examples
from elman.training.data._streams import Streams

from ._checkpoint_store import Checkpoint, CheckpointStore
from ._state import pack, unpack

# Settings that a run may change as it is resumed.
_FREE = ("max_seconds",)
_STATE, _TENSORS = "state.json", "tensors.safetensors"


@dataclass(frozen=True)
class Checkpoints:
    """Where a run keeps its checkpoints, and how often it takes one.

    One is taken at the first step or epoch after either interval is over, after the
    first epoch if time counts, when a run is interrupted, and at its end.

    Parameters
    ----------
    directory : path
        Made if it is not there; one run at a time may use it.
    every_seconds : float or None
        Seconds between two checkpoints. None: time does not count.
    every_steps : int or None
        Steps between two checkpoints. None: steps do not count.
    keep : int
        How many to keep, the newest.
    resume : bool
        Whether to go on from the newest sound checkpoint in the directory; where
        there is none, the run starts from the beginning.

    Raises
    ------
    InputError
        A value is outside its range.
    """

    directory: str | Path
    every_seconds: float | None = 60.0
    every_steps: int | None = None
    keep: int = 2
    resume: bool = False

    def __post_init__(self) -> None:
        if self.every_seconds is not None:
            number("every_seconds", self.every_seconds, zero=True)
        if self.every_steps is not None:
            whole_number("every_steps", self.every_steps)
        whole_number("keep", self.keep)

    def of_stage(self, name: str) -> Checkpoints:
        """Return the same in a directory of its own for one of several runs."""
        return dataclasses.replace(self, directory=Path(self.directory) / name)


class Keeper:
    """Takes the checkpoints of one run.

    Parameters
    ----------
    checkpoints : Checkpoints
    identity : dict
        What the run is, from `identity_of`; a checkpoint of another one is not
        taken up.

    Raises
    ------
    InputError
        Another process uses the directory, or it holds checkpoints that are not
        to be resumed.
    """

    def __init__(self, checkpoints: Checkpoints, identity: dict[str, Any]) -> None:
        self.checkpoints = checkpoints
        # As JSON gives it back, so that it compares equal to one that was read.
        self.identity = json.loads(json.dumps(pack(identity)[0]))
        self.store = CheckpointStore(Path(checkpoints.directory), checkpoints.keep)
        if not checkpoints.resume and self.store.names():
            self.store.close()
            raise InputError(
                f"{checkpoints.directory} holds checkpoints of an earlier run; go on"
                " with resume=True, or name another directory"
            )
        self._saved_at = time.monotonic()
        self._saved_step = 0
        # Whether there is anything that a killed run could go on from.
        self._any = False

    def newest(self) -> tuple[dict[str, Any], str | None] | None:
        """Return the newest state and why that run ended, or None.

        The reason is None for a run that did not end.

        Raises
        ------
        InputError
            No checkpoint is sound, or the newest sound one is of another run.
        """
        if not self.checkpoints.resume:
            return None
        found = self.store.newest()
        if found is None:
            return None
        if found.passed_over:
            warnings.warn(
                f"going on from {found.path}, as newer ones cannot be used:"
                f" {'; '.join(found.passed_over)}",
                RuntimeWarning,
                stacklevel=2,
            )
        _compare(found, self.identity)
        self._saved_step, self._any = found.step, True
        stopped = found.about.get("stopped")
        return _state_of(found), stopped if isinstance(stopped, str) else None

    def is_due(self, step: int, epochs: int = 0) -> bool:
        """Return whether it is time for a checkpoint.

        Parameters
        ----------
        step : int
        epochs : int
            How many have just ended, at the end of one; else 0.
        """
        every = self.checkpoints
        if epochs and not self._any and every.every_seconds is not None:
            return True
        if every.every_steps and step - self._saved_step >= every.every_steps:
            return True
        return (
            every.every_seconds is not None
            and time.monotonic() - self._saved_at >= every.every_seconds
        )

    def save(self, step: int, state: dict[str, Any], stopped: str | None) -> None:
        """Take a checkpoint.

        Raises
        ------
        OSError
            It was not saved; the ones before are as they were.
        """
        plain, tensors = pack(state)
        files = {
            _STATE: json.dumps(plain, allow_nan=False).encode(),
            _TENSORS: save_tensors(tensors),
        }
        about: Mapping[str, Any] = {"run": self.identity, "stopped": stopped}
        # Counted from here also if it fails: a full disk must not stop the steps.
        self._saved_at, self._saved_step = time.monotonic(), step
        self._any = True
        self.store.save(step, files, about)

    def try_to_save(
        self, step: int, state: dict[str, Any], stopped: str | None
    ) -> None:
        """Take a checkpoint; if the disk refuses, warn and let the run go on."""
        try:
            self.save(step, state, stopped)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            warnings.warn(
                f"no checkpoint could be saved at step {step:,} to"
                f" {self.checkpoints.directory} ({reason}); training goes on, the ones"
                " before are kept, and the next is tried when it is due",
                RuntimeWarning,
                stacklevel=2,
            )

    def close(self) -> None:
        """Let other processes use the directory."""
        self.store.close()


def identity_of(
    module: nn.Module,
    examples: Examples | Streams,
    validation: Examples | Streams | None,
    settings: TrainingSettings,
) -> dict[str, Any]:
    """Return what makes a run this run: settings, tensors of the module, data.

    Parameters
    ----------
    module : nn.Module
    examples, validation : Examples or Streams
        Told apart by ``digest()`` where they have it, else by their number.
    settings : TrainingSettings
    """
    tensors = {
        name: [str(value.dtype), *value.shape]
        for name, value in module.state_dict().items()
        if hasattr(value, "shape")
    }
    return {
        "settings": {
            field.name: _plain(getattr(settings, field.name))
            for field in dataclasses.fields(settings)
            if field.name not in _FREE
        },
        "module": hashlib.sha256(json.dumps(tensors).encode()).hexdigest(),
        "examples": _digest(examples),
        "validation": None if validation is None else _digest(validation),
    }


def _digest(examples: Examples | Streams) -> str:
    digest = getattr(examples, "digest", None)
    return str(digest()) if callable(digest) else f"{len(examples)} examples"


def _plain(value: Any) -> Any:
    """Return the value, or the name of what it is where it has no plain form."""
    try:
        return pack(value)[0]
    except TypeError:
        name = getattr(value, "__qualname__", type(value).__qualname__)
        return str(name)


def _compare(found: Checkpoint, identity: dict[str, Any]) -> None:
    """Refuse a checkpoint of another run, and say what differs."""
    theirs = found.about.get("run")
    if theirs == identity:
        return
    if isinstance(theirs, dict):
        was, now = theirs.get("settings"), identity["settings"]
        if isinstance(was, dict) and (was := {**_defaults(), **was}) == now:
            theirs = {**theirs, "settings": now}
            if theirs == identity:
                return
        elif isinstance(was, dict):
            names = [k for k in {**now, **was} if was.get(k) != now.get(k)]
            differs = ", ".join(
                f"{k} was {was.get(k)!s:.40} and is {now.get(k)!s:.40}" for k in names
            )
            raise InputError(
                f"{found.path} is of a run with other settings: {differs}; give the"
                " same, or begin anew in another directory"
            )
        for part, words in (
            ("module", "another network"),
            ("examples", "other training data"),
            ("validation", "other validation data"),
        ):
            if theirs.get(part) != identity[part]:
                raise InputError(
                    f"{found.path} is of a run with {words}; give the same, or begin"
                    " anew in another directory"
                )
    raise InputError(
        f"{found.path} is not of this run; begin anew in another directory"
    )


def _defaults() -> dict[str, Any]:
    """Return what settings were before they could be anything else."""
    default = TrainingSettings()
    return {
        field.name: _plain(getattr(default, field.name))
        for field in dataclasses.fields(default)
        if field.name not in _FREE
    }


def _state_of(found: Checkpoint) -> dict[str, Any]:
    for name in (_STATE, _TENSORS):
        if name not in found.files:
            raise InputError(f"{found.path} holds no {name}")
    plain = parse_json(found.files[_STATE], found.path / _STATE)
    tensors = parse_tensors(found.files[_TENSORS], found.path / _TENSORS)
    try:
        state = unpack(plain, tensors)
        if not isinstance(state, dict):
            raise TypeError("no dict of parts")
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"{found.path / _STATE} is no state of a run ({error})"
        ) from None
    return state
