"""Whether a disk has room for a training, asked before it begins."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from elman._errors import RunDirectoryError

if TYPE_CHECKING:
    from torch import nn

# The model, its best weights, and three checkpoints while one replaces another,
# each of them weights, best weights and an optimiser's two moments.
_COPIES = 14
# Metrics, results and the report.
_REST = 4 * 2**20


def check_room(folder: Path, module: nn.Module) -> None:
    """Raise unless a disk has room for what a training of a module writes.

    Raises
    ------
    RunDirectoryError
        It has not; nothing has been trained yet.
    """
    tensors = module.state_dict().values()
    size = sum(t.numel() * t.element_size() for t in tensors if hasattr(t, "numel"))
    needed = _COPIES * size + _REST
    try:
        free = shutil.disk_usage(folder).free
    except OSError:  # a file system that does not say
        return
    if free < needed:
        raise RunDirectoryError(
            f"--out {folder}: {free / 1e6:,.1f} MB are free on this disk, the training"
            f" writes up to {needed / 1e6:,.1f} MB; make room, or name a folder on"
            " another disk"
        )
