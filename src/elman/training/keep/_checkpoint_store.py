"""A directory of checkpoints, each of which is complete or absent.

Saving one takes these steps, each of which the disk has before the next begins:

1. a directory ``.partial-…``, and every file in it;
2. ``manifest.json`` in it, with the size and SHA-256 of each file and of itself;
3. its new name ``NUMBER-step-STEP``, which is the moment it comes into being;
4. the file ``latest``, which names it;
5. only then the removal of older ones, which lose their name first.

A kill, a full disk or an error anywhere leaves the checkpoints before it as they
were. Reading takes the newest one that its manifest confirms, and says which newer
ones it had to pass over.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elman._errors import InputError
from elman._files import (
    parse_json,
    read_file,
    replace_durably,
    sync_directory,
    write_durably,
)

from ._lock import DirectoryLock

MANIFEST, LATEST = "manifest.json", "latest"
SCHEMA = 1
_NAME = re.compile(r"(\d{6,12})-step-(\d{1,18})")
_FILE = re.compile(r"[a-z]{1,20}\.(json|safetensors)")
_PARTIAL = ".partial-"
_MANIFEST_LIMIT = 2**20


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read and agrees with its manifest.

    Attributes
    ----------
    path : Path
    step : int
    about : dict
        What the writer said of it.
    files : dict of str to bytes
    passed_over : list of str
        A line for each newer one that could not be used.
    """

    path: Path
    step: int
    about: dict[str, Any]
    files: dict[str, bytes]
    passed_over: list[str] = field(default_factory=list)


class CheckpointStore:
    """Save checkpoints to a directory, and find the newest that is sound.

    Parameters
    ----------
    directory : Path
        Made if it is not there. Locked until `close`.
    keep : int
        How many to keep, the newest; at least 1.

    Raises
    ------
    InputError
        Another process writes there.
    OSError
        It cannot be made or written to.
    """

    def __init__(self, directory: Path, keep: int = 2) -> None:
        self.directory = directory
        self.keep = keep
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = DirectoryLock(directory)
        for entry in directory.iterdir():
            # Left by a process that was killed: the lock says nobody uses them.
            if entry.name.startswith((_PARTIAL, f".{LATEST}")):
                _remove(entry)

    def close(self) -> None:
        """Let other processes in."""
        self._lock.release()

    def names(self) -> list[str]:
        """Return the names of the checkpoints, the oldest first."""
        found = [e.name for e in self.directory.iterdir() if _NAME.fullmatch(e.name)]
        return sorted(found, key=lambda name: int(name.split("-")[0]))

    def save(
        self, step: int, files: Mapping[str, bytes], about: Mapping[str, Any]
    ) -> Path:
        """Add a checkpoint; see the module's description for what may happen when.

        Parameters
        ----------
        step : int
            Steps trained so far.
        files : mapping of str to bytes
        about : mapping
            JSON values for the manifest.

        Raises
        ------
        OSError
            It was not saved, and nothing else was lost.
        """
        names = self.names()
        number = int(names[-1].split("-")[0]) + 1 if names else 1
        name = f"{number:06d}-step-{step}"
        partial = self.directory / f"{_PARTIAL}{name}"
        _remove(partial)
        try:
            partial.mkdir()
            for file, content in files.items():
                write_durably(partial / file, content)
            write_durably(partial / MANIFEST, _manifest(step, files, about))
            sync_directory(partial)
            os.rename(partial, self.directory / name)
        except OSError:
            _remove(partial)
            raise
        sync_directory(self.directory)
        replace_durably(self.directory / LATEST, name.encode())
        for old in self.names()[: -self.keep]:
            # Without its name first: half a checkpoint must not look like one.
            dead = self.directory / f"{_PARTIAL}{old}"
            os.rename(self.directory / old, dead)
            _remove(dead)
        return self.directory / name

    def newest(self) -> Checkpoint | None:
        """Return the newest sound checkpoint, or None where there never was one.

        Raises
        ------
        InputError
            There are checkpoints, but none is sound.
        """
        reasons: list[str] = []
        names = self.names()
        with contextlib.suppress(OSError, InputError):
            latest = read_file(self.directory / LATEST, 100).decode("ascii", "replace")
            if _NAME.fullmatch(latest) and latest not in names:
                reasons.append(f"{self.directory / latest} is gone")
        for name in reversed(names):
            try:
                found = _read(self.directory / name)
            except (InputError, OSError) as error:
                reasons.append(str(error))
            else:
                found.passed_over.extend(reasons)
                return found
        if reasons:
            raise InputError(
                f"no checkpoint in {self.directory} is sound: {'; '.join(reasons)}"
            )
        return None


def _manifest(step: int, files: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    content = {
        "schema": SCHEMA,
        "step": step,
        "about": dict(about),
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
        },
    }
    return json.dumps({**content, "sha256": _digest(content)}, indent=1).encode()


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> Checkpoint:
    """Return a checkpoint if everything agrees; sizes come before contents."""
    if path.is_symlink() or not path.is_dir():
        raise InputError(f"{path} is not a directory")
    place = path / MANIFEST
    manifest = parse_json(read_file(place, _MANIFEST_LIMIT), place)
    if not isinstance(manifest, dict) or "schema" not in manifest:
        raise InputError(f"{place} is not the manifest of a checkpoint")
    if manifest["schema"] != SCHEMA:
        raise InputError(
            f"{place} has schema {manifest['schema']!s:.20}, this Elman reads {SCHEMA}"
        )
    said = manifest.pop("sha256", None)
    files, step = manifest.get("files"), manifest.get("step")
    about = manifest.get("about")
    if said != _digest(manifest):
        raise InputError(f"{place} was changed since it was written")
    if (
        not isinstance(files, dict)
        or not isinstance(about, dict)
        or not isinstance(step, int)
        or not all(_FILE.fullmatch(name) for name in files)
        or not all(isinstance(entry, dict) for entry in files.values())
    ):
        raise InputError(f"{place} is not the manifest of a checkpoint")
    contents = {}
    for name, entry in files.items():
        file = path / name
        size = file.lstat().st_size
        if size != entry.get("bytes"):
            raise InputError(
                f"{file} has {size:,} bytes, its manifest says {entry.get('bytes')}"
            )
        contents[name] = read_file(file, size)
        if hashlib.sha256(contents[name]).hexdigest() != entry.get("sha256"):
            raise InputError(f"{file} was changed since it was written")
    return Checkpoint(path, step, about, contents)


def _remove(path: Path) -> None:
    """Remove what nobody needs any more, as far as it goes."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
