"""``job.toml``: what a training run was asked to do, so that it can go on."""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import elman
from elman._errors import RunDirectoryError
from elman._files import read_file, replace_durably
from elman.cells import Cell, restored, stored
from elman.cli._estimator_options import words_for_none
from elman.tasks import TASKS

from . import _members

JOB = "job.toml"
_SCHEMA = 1
_LIMIT = 2**20
_BLOCK = 2**20


class Source(BaseModel):
    """A data file or a folder, and how to know that it is still the same.

    Of a folder the names and sizes of its recordings are compared.

    Parameters
    ----------
    path : str
        Absolute.
    name : str
        As the user wrote it.
    bytes : int
    sha256 : str
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    path: str
    name: str
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Source:
        """Return the description of a file or a folder."""
        size, digest = _described(path)
        return cls(path=str(path.absolute()), name=str(path), bytes=size, sha256=digest)

    def checked(self) -> Path:
        """Return the file's path.

        Raises
        ------
        RunDirectoryError
            It is gone, or not the file the run began with.
        """
        path = Path(self.path)
        if not path.exists():
            raise RunDirectoryError(
                f"{path}, which the run was trained on, is not there; put it back"
            )
        size, digest = _described(path)
        if (size, digest) != (self.bytes, self.sha256):
            kind = "folder" if path.is_dir() else "file"
            raise RunDirectoryError(
                f"{path} is not the {kind} the run began with: it had {self.bytes:,}"
                f" bytes, SHA-256 {self.sha256[:12]}…, and has {size:,}; put that one"
                " back, or train anew"
            )
        return path


class Job(BaseModel):
    """What was asked, by the command line.

    Parameters
    ----------
    schema_version : int
    task : str
        One of `elman.tasks.TASKS`, "demo" or "update".
    command : str
        For people to read.
    finished : bool
        Whether the run ended by itself.
    data, test : Source or None
    files : list of Source
        What else is read.
    options : dict
        Of the estimator; "none" stands for None, which TOML lacks.
    checkpoint_every : float or None
        Seconds.
    fit : dict
        Of its ``fit``, columns and splits.
    search : dict
        What is asked of a search; empty where a model is trained.
    tensorboard : str or None
        Where to write event files, absolute.
    processes : int
        That train together; their sums are in another order than one's.
    launch : str
        What torchrun calls them, to know them again after a restart.
    threads : int
        torch's; another number may sum in another order.
    versions : dict of str to str
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    schema_version: int = _SCHEMA
    task: str
    command: str = ""
    finished: bool = False
    data: Source | None = None
    test: Source | None = None
    files: list[Source] = Field(default_factory=list)
    options: dict[str, Any] = Field(default_factory=dict)
    checkpoint_every: float | None = None
    fit: dict[str, Any] = Field(default_factory=dict)
    search: dict[str, Any] = Field(default_factory=dict)
    tensorboard: str | None = None
    processes: int = 1
    launch: str = ""
    threads: int = 0
    versions: dict[str, str] = Field(default_factory=dict)

    @field_validator("task")
    @classmethod
    def _known(cls, task: str) -> str:
        if task not in (*TASKS, "demo", "update"):
            raise ValueError(f"unknown task {task!r}")
        return task

    @field_validator("options", mode="before")
    @classmethod
    def _plain(cls, options: dict[str, Any]) -> dict[str, Any]:
        """Keep a cell as its equations: going on with a run executes no file."""
        cell = options.get("cell")
        if not isinstance(cell, Cell):
            return options
        return {**options, "cell": json.dumps(stored(cell), ensure_ascii=False)}

    def arguments(self) -> dict[str, Any]:
        """Return the options as the estimator takes them."""
        none = [k for k in words_for_none(self.options) if self.options[k] == "none"]
        found = {**self.options, **dict.fromkeys(none)}
        cell = found.get("cell")
        if isinstance(cell, str) and cell.startswith("{"):
            try:
                found["cell"] = restored(json.loads(cell))
            except (ValueError, RecursionError) as error:
                raise RunDirectoryError(
                    f"{JOB}: its cell is damaged ({error})"
                ) from None
        return found

    def write(self, directory: Path) -> None:
        """Write it to a run directory, as a whole or not at all."""
        replace_durably(directory / JOB, self._text().encode())

    def asked(self) -> dict[str, Any]:
        """Return what tells this job from others, as it is read back."""
        content = tomllib.loads(self._text())
        sources = [self.data, self.test, *self.files]
        content["data"] = [None if one is None else one.sha256 for one in sources]
        content.get("search", {}).pop("workers", None)
        return {
            name: content.get(name, {})
            for name in ("task", "data", "options", "fit", "search")
        }

    def _text(self) -> str:
        content = self.model_dump(exclude_none=True)
        # TOML has no null: what is absent was None.
        for part in ("options", "fit", "search"):
            given = content[part].items()
            content[part] = {k: v for k, v in given if v is not None}
        return tomli_w.dumps(content)


def read_job(directory: Path) -> Job:
    """Return the job of a run directory.

    Raises
    ------
    RunDirectoryError
        There is none, it is damaged, or another version's.
    """
    path = directory / JOB
    if not directory.is_dir():
        raise RunDirectoryError(f"no run directory {directory}; elman train makes one")
    try:
        job = Job.model_validate(tomllib.loads(read_file(path, _LIMIT).decode()))
    except FileNotFoundError:
        raise RunDirectoryError(
            f"{directory} holds no {JOB}: it was not written by elman train, or"
            " training had not begun"
        ) from None
    except (ValueError, RecursionError, ValidationError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunDirectoryError(f"{path} is not a job ({reason:.200})") from None
    if job.schema_version != _SCHEMA:
        raise RunDirectoryError(
            f"{path} has schema {job.schema_version}, this Elman reads {_SCHEMA}"
        )
    return job


def differences(job: Job) -> list[str]:
    """Return what is no longer as it was when the run began, in words."""
    was = {**job.versions, "number of processes": job.processes}
    now = {**versions(), "number of processes": _members.count()}
    return [
        f"{name} was {was[name]} and is {value}"
        for name, value in now.items()
        if was.get(name) not in (None, value)
    ]


def versions() -> dict[str, str]:
    """Return what the bits of a training depend on."""
    import torch

    return {
        "elman": elman.__version__,
        "torch": str(torch.__version__),
        "processor": platform.machine(),
    }


def _described(path: Path) -> tuple[int, str]:
    """Return bytes and digest: of a file's content, of names and sizes in a folder."""
    if not path.is_dir():
        return path.stat().st_size, _digest(path)
    from elman.data import SOUNDS

    files = [p for p in path.rglob("*") if p.suffix.lower() in SOUNDS]
    sizes = {str(p.relative_to(path).as_posix()): p.stat().st_size for p in files}
    listed = json.dumps(sorted(sizes.items()))
    return sum(sizes.values()), hashlib.sha256(listed.encode()).hexdigest()


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
