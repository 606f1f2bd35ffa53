"""What ends a gradient first: truncation, the window, the number format, the cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from elman.diagnosis._results import Finding, LayerProfile
from elman.diagnosis._thresholds import TRUNCATION_BIAS

from ._catalogue import finding

_HALF = {torch.float16: "float16", torch.bfloat16: "bfloat16"}


@dataclass(frozen=True)
class Reach:
    """Where the way back ends, besides in the cell itself.

    Parameters
    ----------
    needed : int
        Steps the data need.
    horizon : float
        Steps the gradient reaches in the headline layer.
    steps : int
        Longest sequence.
    truncation : int or None
        Steps after which training cuts the gradient.
    bias : float
        ‖∇_K − ∇‖ / ‖∇‖ at that truncation; NaN if not measured.
    advised : int or None
        The smallest truncation with a bias of at most 5 %.
    precision : tuple of str and int, or None
        A half-precision format and the lag at which A(k)/A(0) falls below its
        epsilon.
    detached : int or None
        Steps after which the model detaches the state.
    """

    needed: int
    horizon: float
    steps: int
    truncation: int | None = None
    bias: float = float("nan")
    advised: int | None = None
    precision: tuple[str, int] | None = None
    detached: int | None = None

    def findings(self) -> list[Finding]:
        """Name what ends before the need; an error is what ends first."""
        ends: dict[str, float] = {"cell": self.horizon, "window": self.steps}
        if self.truncation is not None:
            ends["truncation"] = self.truncation
        if self.precision is not None:
            ends["precision"] = self.precision[1]
        if self.detached is not None:
            ends["detached"] = self.detached
        first = min(ends.values())
        found = []
        for what, at in ends.items():
            if what != "cell" and at < self.needed:
                # Sequences cannot always be longer: a warning, not an error.
                worst = "warning" if what == "window" else "error"
                found.append(self._finding(what, worst if at == first else "warning"))
        return found

    def _finding(self, what: str, severity: str) -> Finding:
        if what == "truncation":
            return self._truncated(severity)
        if what == "detached":
            return finding(
                "state detached between calls",
                severity,
                f"gradients reach at most {self.detached} steps, where the sequence "
                f"has {self.steps}: each call of the layer begins with the last state "
                "of the one before, cut from its graph",
                value=float(self.detached or 0),
                limit=self.needed,
                threshold=f"the {self.needed} steps the data need",
            )
        if what == "precision" and self.precision is not None:
            name, lag = self.precision
            return finding(
                "half precision loses the gradient",
                severity,
                f"in {name} the gradient is below the rounding after {lag} steps",
                value=lag,
                limit=self.needed,
                threshold=f"the {self.needed} steps the data need",
            )
        return finding(
            "sequences are too short",
            severity,
            f"the longest sequence has {self.steps} steps",
            value=self.steps,
            limit=self.needed,
            threshold=f"the {self.needed} steps the data need",
            remedy=f"train on windows of at least {self.needed} steps",
        )

    def _truncated(self, severity: str) -> Finding:
        measured = self.bias == self.bias  # not NaN
        error = f"; its gradient is off by {self.bias:.0%}" if measured else ""
        to = max(self.needed, self.advised or 0)
        return finding(
            "truncation too short",
            severity,
            f"the gradient is cut after {self.truncation} steps{error}",
            value=self.bias if measured else float(self.truncation or 0),
            limit=TRUNCATION_BIAS if measured else self.needed,
            threshold=f"the {self.needed} steps the data need, and an error of at most "
            f"{TRUNCATION_BIAS:.0%}",
            remedy=f"truncate after {to} steps",
        )


def precision_of(profile: LayerProfile, dtype: torch.dtype) -> tuple[str, int] | None:
    """Return a half-precision format's name, and the lag it loses the gradient at."""
    name = _HALF.get(dtype)
    curve = np.asarray(profile.norm)
    if name is None or not len(curve) or not 0 < curve[0] < np.inf:
        return None
    below = np.flatnonzero(curve < torch.finfo(dtype).eps * curve[0])
    return name, int(below[0]) if len(below) else len(curve)
