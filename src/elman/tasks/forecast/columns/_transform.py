"""Monotone scales on which a target's noise is more even."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError, did_you_mean

# From here on every floating-point number is whole.
_ALL_WHOLE = 2.0**52


def whole(values: NDArray[np.float64]) -> bool:
    """Tell whether all of these are whole numbers, and could have been others."""
    return bool(
        np.all(values == np.round(values)) and np.abs(values).max() < _ALL_WHOLE
    )


class Transform(StrEnum):
    r"""A monotone map of the target, undone on every prediction.

    ``sqrt`` evens out the noise of counts, ``log`` (:math:`\ln(1 + y)`) that
    of quantities whose errors are proportional. Both need values of at least 0.
    """

    NONE = "none"
    SQRT = "sqrt"
    LOG = "log"

    @classmethod
    def choose(cls, scale: str, values: NDArray[np.float64]) -> Transform:
        """Return the named transform; for "auto", ``sqrt`` for counts.

        Raises
        ------
        InputError
            If the name is unknown or the values are not in its domain.
        """
        names = ("auto", *(name.value for name in cls))
        if scale not in names:
            hint = did_you_mean(str(scale), names)
            raise InputError(
                f"scale must be one of {', '.join(names)}, got {scale!r}{hint}"
            )
        known = values[np.isfinite(values)]
        if scale == "auto":
            # Whole numbers from 0 upwards that take more than a few values.
            counts = (
                len(known) > 0
                and known.min() >= 0
                and whole(known)
                and len(np.unique(known)) > 10
            )
            return cls.SQRT if counts else cls.NONE
        if scale != cls.NONE and len(known) and known.min() < 0:
            raise InputError(
                f"scale={scale!r} needs targets of at least 0, found {known.min():g}; "
                "use scale='none'"
            )
        return cls(scale)

    def forward(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Apply the map; values below its domain count as 0."""
        if self is Transform.SQRT:
            return np.sqrt(np.maximum(values, 0.0))
        if self is Transform.LOG:
            return np.log1p(np.maximum(values, 0.0))
        return values

    def inverse(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Undo the map."""
        if self is Transform.SQRT:
            return np.maximum(values, 0.0) ** 2
        if self is Transform.LOG:
            return np.expm1(np.maximum(values, 0.0))
        return values
