"""NumPy, imported when it is first used: printing cells in a build has to do without.

Also the few things that arrays and tensors need done alike.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:

    class _Numpy:
        def __getattr__(self, name: str) -> Any:
            return getattr(importlib.import_module("numpy"), name)

    np = _Numpy()
    Array = Any

__all__ = ["Array", "joined", "np", "stacked"]


def joined(parts: Sequence[Any], axis: int = 0) -> Any:
    """Return arrays or tensors side by side."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts, axis)
    return importlib.import_module("torch").cat(list(parts), axis)


def stacked(parts: Sequence[Any]) -> Any:
    """Return arrays or tensors of one shape side by side on a new last axis."""
    if isinstance(parts[0], np.ndarray):
        return np.stack(parts, -1)
    return importlib.import_module("torch").stack(list(parts), -1)
