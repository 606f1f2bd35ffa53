"""Scales on which the errors of many series are alike."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError, did_you_mean

Array = NDArray[np.float64]


class Space(StrEnum):
    r"""A monotone map of the values of all series.

    Unlike `Transform.LOG`, ``log`` is :math:`\ln y`: a series in millions and one in
    thousandths then differ by a constant alone, which windows leave out.
    """

    NONE = "none"
    SQRT = "sqrt"
    LOG = "log"
    LOG1P = "log1p"

    @classmethod
    def choose(cls, scale: str, values: Array) -> Space:
        """Return the named map; for "auto" the strongest these values are in.

        Raises
        ------
        InputError
            The name is unknown, or the values are not in its domain.
        """
        names = ("auto", "none", "sqrt", "log")
        if scale not in names:
            hint = did_you_mean(str(scale), names)
            raise InputError(
                f"scale must be one of {', '.join(names)}, got {scale!r}{hint}"
            )
        lowest = float(np.nanmin(values))
        if scale == "auto":
            return cls.LOG if lowest > 0 else cls.SQRT if lowest == 0 else cls.NONE
        if scale != "none" and lowest < 0:
            raise InputError(
                f"scale={scale!r} needs targets of at least 0, found {lowest:g}; use"
                " scale='none'"
            )
        if scale == "log" and lowest == 0:
            return cls.LOG1P
        return cls(scale)

    def forward(self, values: Array) -> Array:
        """Apply the map; NaN where a value is not in its domain."""
        with np.errstate(invalid="ignore", divide="ignore"):
            if self is Space.SQRT:
                return np.sqrt(values)
            if self is Space.LOG1P:
                return np.log1p(values)
            if self is Space.LOG:
                return np.where(values > 0, np.log(values), np.nan)
        return values

    def reached(self, values: Array) -> Array:
        """Apply the map to forecasts (…, H), those beyond its domain at its edge.

        The edge is 0, or of what may come a hundredth of the row's mean.
        """
        if self is Space.NONE:
            return values
        least = 0.01 * np.maximum(values, 0.0).mean(-1, keepdims=True)
        if self is Space.LOG:
            least = least + 1e-12
        return self.forward(np.maximum(values, least))

    def inverse(self, values: Array) -> Array:
        """Undo the map."""
        if self is Space.SQRT:
            return np.maximum(values, 0.0) ** 2
        if self is Space.LOG1P:
            return np.expm1(np.clip(values, 0.0, 700.0))
        if self is Space.LOG:
            return np.exp(np.clip(values, -700.0, 700.0))
        return values
