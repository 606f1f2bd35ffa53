"""Features that were computed before, by what is in the file and the front end.

One file for each recording, in ``~/.cache/elman/sounds`` (or below
``XDG_CACHE_HOME``). A file is written under a name of its own and then renamed, so
that a reader finds all of it or nothing; and as it begins with a digest of the rest,
one that a disk or a person damaged is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ._front_end import FrontEnd

# With another way of computing the same parameters this number grows.
_VERSION = 2
_DIGEST = 32
MOST_BYTES = 2 * 2**30
"""Of all features that are kept; beyond it the oldest go."""


class FeatureCache:
    """The features of recordings on disk; where there is no disk, none.

    Parameters
    ----------
    front_end : FrontEnd
        Whose features these are.
    folder : path or None
        Where; the user's own place if None.
    """

    def __init__(self, front_end: FrontEnd, folder: Path | None = None) -> None:
        described = json.dumps([_VERSION, front_end.describe()], sort_keys=True)
        self._front_end = described.encode()
        self.folder = _own_folder() if folder is None else folder
        self._written = 0

    def key(self, content: bytes) -> str:
        """Return the name of the features of a file with this content."""
        return hashlib.sha256(
            hashlib.sha256(content).digest() + self._front_end
        ).hexdigest()

    def get(self, key: str) -> tuple[NDArray[np.float32], dict[str, Any]] | None:
        """Return features and what was said of them; None if missing or damaged."""
        try:
            found = self._path(key).read_bytes()
        except OSError:
            return None
        body = found[_DIGEST:]
        if hashlib.sha256(body).digest() != found[:_DIGEST]:
            return None
        head, _, rest = body.partition(b"\n")
        said = json.loads(head)
        values = np.frombuffer(rest, "<f4").reshape(said.pop("shape"))
        return values.astype(np.float32), said

    def put(
        self, key: str, features: NDArray[np.float32], said: dict[str, Any]
    ) -> None:
        """Keep features, if the disk lets us: without them all is only slower."""
        head = json.dumps({**said, "shape": features.shape}).encode()
        body = head + b"\n" + np.ascontiguousarray(features, "<f4").tobytes()
        path = self._path(key)
        partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.write_bytes(hashlib.sha256(body).digest() + body)
            partial.replace(path)
            self._written += 1
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()

    def shrink(self, most: int = MOST_BYTES) -> None:
        """Remove the oldest files until no more than so many bytes are left."""
        if not self._written:
            return
        found = []
        with contextlib.suppress(OSError):
            for path in self.folder.glob("*/*"):
                with contextlib.suppress(OSError):
                    state = path.stat()
                    found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= most:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            total -= size

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key[2:]


def _own_folder() -> Path:
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        home = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    except RuntimeError:  # nobody's home
        home = Path("/nonexistent")
    return home / "elman" / "sounds"
