"""Features of recordings that know what made them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._front_end import FrontEnd


class Features(np.ndarray[Any, np.dtype[np.float32]]):
    """The features of one recording, (steps, width), with their front end.

    So a selection of some, by whatever library, still tells theirs from others.
    """

    front_end: FrontEnd | None

    def __array_finalize__(self, other: Any) -> None:
        self.front_end = getattr(other, "front_end", None)

    def __reduce__(self) -> Any:
        """Return what a pickle or a copy is made of."""
        return features_by, (np.asarray(self), self.front_end)


def features_by(
    values: NDArray[np.float32], front_end: FrontEnd | None
) -> NDArray[np.float32]:
    """Return an array that knows its front end."""
    found = np.asarray(values).view(Features)
    found.front_end = front_end
    return found


class SoundFeatures(list[NDArray[np.float32]]):
    """Features of recordings, a list of (steps, width), with their front end.

    Parameters
    ----------
    values : iterable of ndarray
    front_end : FrontEnd
    kept : dict, optional
        What the features keep of one of the recordings, from `what_is_kept`.
    """

    def __init__(
        self,
        values: Iterable[NDArray[np.float32]],
        front_end: FrontEnd,
        kept: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(features_by(one, front_end) for one in values)
        self.front_end = front_end
        self.kept = kept

    def taken(self, rows: Iterable[int]) -> SoundFeatures:
        """Return those of some of the recordings."""
        return SoundFeatures([self[i] for i in rows], self.front_end, self.kept)
