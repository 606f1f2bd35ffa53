"""When a run that was given no number of epochs has settled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

WAIT = 200
"""Steps without progress, at least, after which a run has settled."""
SHARE = 0.5
"""The same, as a share of the steps that led to the last progress."""
CLEAR = 0.01
"""What counts as progress: this share of how far the loss has fallen so far."""
NOISE = 0.5
"""And no less than this many standard deviations of the loss's own scatter."""

_RECENT = 12
_ROUNDS = 3
# Relative fall over the last third of a run that was cut short while it fell.
_FALLING = 0.02
_FEWEST = 6
# Of the absolute value of a standard normal variable.
_MEDIAN = 0.6745


class Settling:
    r"""Follow a loss, and say when it no longer falls.

    With :math:`\ell_k` the loss judged after step :math:`s_k`, :math:`\ell_0` that of
    the untrained module and :math:`\sigma` the scatter of the recent ones, a loss is
    progress over the last one that was, :math:`\ell^*` at step :math:`s^*`, if

    .. math:: \ell_k < \ell^* - \max(0.01\,(\ell_0 - \min_j \ell_j), \sigma / 2),

    and the run has settled :math:`\max(200, s^* / 2)` steps, and at least three
    judgements, after :math:`s^*`. Shares are of what the run itself has done, so that
    the rule is the same for any loss and any length. :math:`\sigma` is that of normal
    scatter with the same median absolute second difference, in which neither a steady
    fall counts nor the few large ones of the steep fall at the beginning.

    Parameters
    ----------
    fewest : int
        Steps before which no run has settled.
    """

    def __init__(self, fewest: int = 0) -> None:
        self.fewest = fewest
        self.start = math.inf
        self.lowest = math.inf
        self.mark = math.inf
        self.marked_at = 0
        self.waited = 0
        self.recent: list[float] = []
        self.settled = False

    def judge(self, step: int, loss: float) -> None:
        """Take note of the loss after a step.

        Parameters
        ----------
        step : int
            0 for the untrained module.
        loss : float
            One that is not finite is no progress.
        """
        self.waited += 1
        if math.isfinite(loss):
            if not math.isfinite(self.start):
                self.start = loss
            self.recent = [*self.recent, loss][-_RECENT:]
            self.lowest = min(self.lowest, loss)
            gain = CLEAR * (self.start - self.lowest)
            least = max(gain, NOISE * scatter(self.recent))
            if not math.isfinite(self.mark) or loss < self.mark - least:
                self.mark, self.marked_at, self.waited = loss, step, 0
        self.settled = (
            step >= self.fewest
            and self.waited >= _ROUNDS
            and step - self.marked_at >= max(WAIT, SHARE * self.marked_at)
        )

    def state_dict(self) -> dict[str, Any]:
        """Return plain numbers."""
        return {
            "start": self.start,
            "lowest": self.lowest,
            "mark": self.mark,
            "marked_at": self.marked_at,
            "waited": self.waited,
            "recent": list(self.recent),
            "settled": self.settled,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.start, self.lowest = float(state["start"]), float(state["lowest"])
        self.mark, self.marked_at = float(state["mark"]), int(state["marked_at"])
        self.waited = int(state["waited"])
        self.recent = [float(loss) for loss in state["recent"]]
        self.settled = bool(state["settled"])


def still_falling(history: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a run's loss fell to its end.

    It did if it fell by more than 2 % over the last third, and is lowest in the last
    tenth. The validation loss counts, where there is none the training loss.

    Parameters
    ----------
    history : sequence of mapping
        As in `TrainingResult`.
    """
    rows = [row for row in history if row["epoch"]]
    for name in ("validation_loss", "loss"):
        losses = [row[name] for row in rows if _finite(row.get(name))]
        if len(losses) < _FEWEST:
            continue
        lowest, count = min(losses), len(losses)
        before = min(losses[: -(count // 3)])
        late = lowest in losses[-max(1, count // 10) :]
        return late and before - lowest > _FALLING * abs(before)
    return False


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def scatter(losses: list[float]) -> float:
    """Return the standard deviation of losses around a straight course.

    Zero where there are too few, fewer than five, to tell it.

    Parameters
    ----------
    losses : list of float
    """
    if len(losses) < 5:
        return 0.0
    bends = [
        abs(a - 2 * b + c)
        for a, b, c in zip(losses, losses[1:], losses[2:], strict=False)
    ]
    # A second difference of independent values has six times their variance.
    return median(bends) / (_MEDIAN * math.sqrt(6))
