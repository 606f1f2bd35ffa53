"""When a gradient flow that is watched gives cause for alarm."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.diagnosis._thresholds import EXPLODED, VANISHED

from ._lag_bins import pairs

Array = NDArray[np.float64]

FALLEN = 4
"""Reach less than this part of the best so far is a collapse, if no need is known.

A halving may be what the task asks for; a quarter is the flow giving way.
Definition of this library.
"""

FEWEST = 5
"""Records before a norm is compared with those of the past."""


class FlowWarning(UserWarning):
    """The gradient flow of a model in training has collapsed or exploded."""


@dataclass
class Alarm:
    """Judges one record after another; knows the past it needs.

    Parameters
    ----------
    needed : int, optional
        Steps the gradient has to reach.
    """

    needed: int | None = None
    best: int = 0
    best_step: int = 0
    tops: list[float] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        """Return the past that is known."""
        return {
            "best": self.best,
            "best_step": self.best_step,
            "tops": list(self.tops),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.best, self.best_step = state["best"], state["best_step"]
        self.tops = list(state["tops"])

    def judge(self, step: int, profiles: dict[str, Array]) -> tuple[str, str] | None:
        """Return what is wrong and the sentence that says so, or None.

        Parameters
        ----------
        step : int
            Of the training.
        profiles : dict of str to array (bins,)
            Mean norm by bins of lags, by layer and direction.
        """
        profiles = {name: p for name, p in profiles.items() if len(p)}
        for name, p in profiles.items():
            if not np.isfinite(p).all():
                lag = pairs(len(p))[int(np.argmax(~np.isfinite(p)))][0]
                return "nonfinite", (
                    f"at step {step} the gradient in {name} is not finite "
                    f"{lag} steps before the end; elman.diagnosis.first_nonfinite "
                    "finds where that begins"
                )
        if not profiles:
            return None
        return self._exploded(step, profiles) or self._collapsed(step, profiles)

    def _exploded(
        self, step: int, profiles: dict[str, Array]
    ) -> tuple[str, str] | None:
        for name, p in profiles.items():
            entered = p[p > 0][:1]
            if len(entered) and p.max() > EXPLODED * entered[0]:
                return "exploded", (
                    f"at step {step} the gradient in {name} grows "
                    f"{p.max() / entered[0]:.1e} times on its way back "
                    f"(limit {EXPLODED:g}); clip it, or see elman.diagnose"
                )
        top = max(float(p.max()) for p in profiles.values())
        usual = statistics.median(self.tops) if len(self.tops) >= FEWEST else 0.0
        if usual > 0 and top > EXPLODED * usual:
            return "exploded", (
                f"at step {step} the largest gradient of a state is {top:.1e}, "
                f"{top / usual:.1e} times the median so far (limit {EXPLODED:g}); "
                "clip it, or lower the learning rate"
            )
        self.tops = [*self.tops[-99:], top]
        return None

    def _collapsed(
        self, step: int, profiles: dict[str, Array]
    ) -> tuple[str, str] | None:
        longest = max(len(p) for p in profiles.values())
        # One layer that remembers is enough.
        reach, name = max(
            (reach_of(p), name) for name, p in profiles.items() if len(p) == longest
        )
        if self.needed is not None:
            # No farther than the sequence is long, and to the bin, not the step.
            if reach >= min(self.needed, pairs(longest)[-1][0]):
                return None
            compared = f"{self.needed} are needed"
        else:
            if reach > self.best:
                self.best, self.best_step = reach, step
            # What never arrived, as while an output layer is zero, cannot fall.
            if self.best == 0 or reach * FALLEN > self.best:
                return None
            compared = f"{self.best} at step {self.best_step}"
        return "collapsed", (
            f"at step {step} the gradient reaches {reach} "
            f"{'step' if reach == 1 else 'steps'} back, in {name}; "
            f"{compared}. elman.diagnose says why, and what helps"
        )


def reach_of(profile: Array) -> int:
    """Return the longest lag at which a thousandth of the largest norm arrives."""
    if not profile.max(initial=0.0) > 0:
        return 0
    last = int(np.flatnonzero(profile >= VANISHED * profile.max())[-1])
    return pairs(len(profile))[last][1]
