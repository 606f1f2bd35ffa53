"""Run directories: what an estimator leaves on disk, and how it comes back.

``run.toml`` says which task and with which parameters, ``model.safetensors``
holds every tensor, ``results.json`` what was measured, ``cell.json`` the equations of a
user's own cell. Nothing is pickled and loading executes nothing.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tomli_w
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

import elman
from elman._errors import InputError, RunDirectoryError
from elman._files import replace_durably
from elman._modes import own_modes
from elman._plain import plain

from ._registry import ESTIMATORS
from ._stored_cell import CELL, chosen_by, plain_cell, read_cell, with_cell, write_cell
from .parameters import rows

RUN, MODEL, RESULTS = "run.toml", "model.safetensors", "results.json"
_SCHEMA = 1


class Storable(Protocol):
    """What an estimator offers so that it can be saved and loaded."""

    task: str
    results_: dict[str, Any]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments."""
        ...

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return what ``fit`` learned: plain values, and tensors."""
        ...

    def _restore(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Take up what `_dump` returned."""
        ...


class _Run(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_version: int
    task: str
    model_sha256: str
    versions: dict[str, str]
    parameters: dict[str, Any]
    # The parameters that are None, which TOML lacks. Older runs do not name them.
    none: list[str] | None = None
    fitted: dict[str, Any]
    # Of the equations of a user's own cell.
    cell_sha256: str | None = None
    # Whether it was given itself, and not by its name.
    cell_itself: bool | None = None


def save(estimator: Storable, directory: str | Path) -> Path:
    """Write a fitted estimator to a run directory.

    Each file replaces its predecessor as a whole; ``run.toml``, which names
    the digest of the others' content, comes last.

    Parameters
    ----------
    estimator : fitted estimator
    directory : path
        Made if it is not there.

    Returns
    -------
    Path
        The directory.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    fitted, tensors = estimator._dump()
    model = save_tensors({k: v.detach().contiguous() for k, v in tensors.items()})
    parameters = _parameters(estimator)
    cell_sha256, itself = write_cell(estimator, directory)
    run = _Run(
        schema_version=_SCHEMA,
        task=estimator.task,
        model_sha256=hashlib.sha256(model).hexdigest(),
        versions={
            "elman": elman.__version__,
            "torch": str(torch.__version__),
            "python": platform.python_version(),
        },
        parameters=_without_none(parameters),
        none=[name for name, value in parameters.items() if value is None],
        fitted=_without_none(_plain_network(fitted)),
        cell_sha256=cell_sha256,
        cell_itself=itself or None,
    )
    # One number that is not finite must not cost a finished training.
    content = plain(estimator.results_)
    results = json.dumps(content, allow_nan=False, ensure_ascii=False)
    replace_durably(directory / MODEL, model)
    replace_durably(directory / RESULTS, results.encode())
    written = tomli_w.dumps(run.model_dump(exclude_none=True))
    replace_durably(directory / RUN, written.encode())
    return directory


@own_modes()
def load(directory: str | Path) -> Any:
    """Return the estimator that a run directory holds.

    Parameters
    ----------
    directory : path
        Written by ``estimator.save`` or ``elman train``.

    Returns
    -------
    estimator
        Fitted, ready to predict.

    Raises
    ------
    RunDirectoryError
        If something is missing, damaged, or not Elman's; the message names
        the file.
    """
    directory = Path(directory)
    run = _read_run(directory)
    estimator_class = _estimator_class(run.task, directory / RUN)
    model = directory / MODEL
    content = _read(model)
    if hashlib.sha256(content).hexdigest() != run.model_sha256:
        raise RunDirectoryError(
            f"{model} is not the file {RUN} was written with (truncated, changed or "
            "from another run); restore it or train again"
        )
    if run.cell_sha256 is not None:
        own = _read(directory / CELL)
        place, itself = (
            chosen_by(run.parameters, estimator_class),
            bool(run.cell_itself),
        )
        name = run.parameters.get(place)
        cell = read_cell(name, directory, own, run.cell_sha256, itself)
        if itself:
            run.parameters[place] = cell
            run.fitted["network"] = with_cell(run.fitted.get("network"), cell)
    try:
        tensors = load_tensors(content)
        results = json.loads(_read(directory / RESULTS))
        known = _parameters(estimator_class())
        unknown = set(run.parameters) - set(known)
        if unknown:
            raise RunDirectoryError(
                f"{directory / RUN}: unknown parameters {', '.join(sorted(unknown))}; "
                f"written by Elman {run.versions.get('elman', '?')}, "
                f"this is {elman.__version__}"
            )
        estimator = estimator_class(**_arguments(run, known))
        estimator._restore(run.fitted, tensors)
    except RunDirectoryError:
        raise
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunDirectoryError(
            f"{directory} does not hold together ({reason}); train again"
        ) from error
    estimator.results_ = results
    return estimator


def _parameters(estimator: Any) -> dict[str, Any]:
    """Return the constructor's arguments that make sense in another process."""
    parameters = {k: _stored(v) for k, v in estimator.get_params(deep=False).items()}
    for name in {"cell", "encoder"} & set(parameters):
        parameters[name] = plain_cell(parameters[name])
    for name in ("callbacks", "checkpoints"):
        parameters.pop(name, None)
    training = estimator.training
    if training is not None:  # an optimiser that is an object is of this process
        parameters["training"] = {k: v for k, v in training.items() if _is_plain(v)}
    # A generator is not of another process either: the seed it drew is.
    if not isinstance(parameters["random_state"], int | None):
        parameters["random_state"] = getattr(estimator, "seed_", None)
    return parameters


def _plain_network(fitted: dict[str, Any]) -> dict[str, Any]:
    """Return what was learned with the cell of its network by name."""
    if "network" not in fitted:
        return fitted
    return {**fitted, "network": plain_cell(fitted["network"])}


def _stored(value: Any) -> Any:
    """Return a parameter as TOML takes it: names there are text, keys may be not."""
    if isinstance(value, Mapping):
        return [[_stored(key), _stored(one)] for key, one in value.items()]
    return value.item() if isinstance(value, np.generic) else value


def _arguments(run: _Run, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constructor's arguments of a run.

    Parameters
    ----------
    run : _Run
    known : mapping
        The parameters of today, with their defaults.
    """
    kinds = {row.name: row.kind for row in rows(run.task)}
    found = {}
    for name, default in known.items():
        if name in run.parameters:
            found[name] = run.parameters[name]
        elif run.none is None:  # it was None, or there was none yet
            found[name] = None if _may_be_none(name, kinds[name]) else default
        else:
            found[name] = None if name in run.none else default
    return found


def _may_be_none(name: str, kind: Any) -> bool:
    try:
        kind(name, None)
    except InputError:
        return False
    return True


def _read_run(directory: Path) -> _Run:
    if not directory.exists():
        raise RunDirectoryError(f"no run directory {directory}; elman train makes one")
    if not directory.is_dir():
        raise RunDirectoryError(f"{directory} is a file, not a run directory")
    path = directory / RUN
    try:
        run = _Run.model_validate(tomllib.loads(_read(path).decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise RunDirectoryError(
            f"{path} is not a run description ({reason})"
        ) from error
    if run.schema_version != _SCHEMA:
        raise RunDirectoryError(
            f"{path} has schema {run.schema_version}, this Elman reads {_SCHEMA}; "
            f"use Elman {run.versions.get('elman', '?')}"
        )
    return run


def _estimator_class(task: str, path: Path) -> Any:
    if task not in ESTIMATORS:
        raise RunDirectoryError(
            f"{path}: unknown task {task!r}; known are {', '.join(ESTIMATORS)}"
        )
    return ESTIMATORS[task]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        begun = (path.parent / "job.toml").exists()
        rest = f"; its training is unfinished: elman resume {path.parent}"
        raise RunDirectoryError(
            f"{path.parent} is not a complete run directory: {path.name} is missing"
            f"{rest if begun else ''}"
        ) from None


def _is_plain(value: Any) -> bool:
    """Return whether a file can hold the value."""
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float | bool)


def _without_none(value: Any) -> Any:
    """Drop None from mappings, turn tuples into lists, all the way down."""
    if isinstance(value, dict):
        return {str(k): _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value
