"""Which learning rate to begin with: a sweep over rates, and what it tells."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from elman._arguments import number, whole_number
from elman._errors import InputError
from elman._modes import gradients
from elman.training._settings import TrainingSettings
from elman.training.step._objective import Loss, Objective

from ._rate_sweep import check_optimizer_is_not_bound, sweep

BELOW_LOWEST = 10.0
"""The suggestion is the rate with the lowest loss divided by this."""
# Decades of the rate over which losses are averaged (Gaussian, standard deviation).
_WIDTH = 0.1
# How many standard errors a fall has to have to be one.
_CLEAR = 3.0


@dataclass(frozen=True)
class LearningRates:
    """What training at growing rates did to the loss.

    Attributes
    ----------
    rates : list of float
        η, from the smallest to where the first sweep ended.
    changes : list of float
        How far the loss has moved from that of the untouched module on the very
        same batches, after the step with rate η: averaged over sweeps and
        neighbouring rates.
    sweeps : list of list of float
        The same of each sweep, as measured.
    start : float
        Loss of the untouched module.
    lowest : float or None
        The rate at which the loss is lowest; None if none lowered it clearly.
    suggested : float or None
        A tenth of that.
    between : tuple of float or None
        The smallest and the largest suggestion of one sweep alone.
    error : float
        Standard error of the change at the lowest.
    """

    rates: list[float]
    changes: list[float]
    sweeps: list[list[float]]
    start: float
    lowest: float | None
    suggested: float | None
    between: tuple[float, float] | None
    error: float

    def __str__(self) -> str:
        """Return one line: the rate, how sure it is, and why."""
        if self.suggested is None or self.lowest is None or self.between is None:
            return (
                f"no rate up to {self.rates[-1]:.2g} lowered the loss by more than "
                f"its noise (± {self.error:.2g}); give more steps or larger batches"
            )
        low, high = self.between
        text = (
            f"learning rate {self.suggested:.2g} (sweeps apart: {low:.2g} to "
            f"{high:.2g}); the loss is lowest at {self.lowest:.2g}"
        )
        if self.still_falling:
            return f"{text}, the end of the sweep, and still falling; raise largest"
        return text

    @property
    def still_falling(self) -> bool:
        """Whether the lowest loss is at the end, so that it says little."""
        return self.lowest == self.rates[-1]

    def save_plot(self, path: str | Path) -> Path:
        """Draw loss against rate into an .svg, .png or .pdf file.

        Parameters
        ----------
        path : str or path
        """
        from ._rate_plot import draw

        return draw(self, Path(path))


@gradients()
def find_learning_rate(
    module: nn.Module,
    loss: Loss | Objective,
    examples: Any,
    settings: TrainingSettings | None = None,
    *,
    smallest: float = 1e-6,
    largest: float = 10.0,
    steps: int = 100,
    sweeps: int = 3,
) -> LearningRates:
    r"""Train copies of the module at rates from very small to too large.

    The step :math:`s` of :math:`S` has the rate :math:`\eta_s = \eta_\min
    (\eta_\max / \eta_\min)^{s / (S - 1)}` (the range test of Smith 2017,
    arXiv:1506.01186). Steps are those of `train`: its optimiser, its clipping, its
    batches, streams too. Since batches differ, each loss is compared with that of
    the untouched module on the same batch with the same dropout. The lowest loss is
    found over the mean of several sweeps with other orders, and a tenth of its rate
    is suggested, as the lowest loss lies where training is about to break.

    This costs twice ``sweeps`` × ``steps`` steps at most. The module and the random
    states are left as they were.

    Parameters
    ----------
    module : nn.Module
    loss : callable or Objective
    examples : Examples or Streams
        As for `train`.
    settings : TrainingSettings or None
        Schedule, warm-up and averages are left out. None: the defaults.
    smallest, largest : float
    steps : int
        Of a sweep, at least 10.
    sweeps : int

    Returns
    -------
    LearningRates

    Raises
    ------
    InputError
        If a number is out of range, the optimiser is bound to the module's weights,
        or the loss is not finite to begin with.
    """
    settings = TrainingSettings() if settings is None else settings
    whole_number("steps", steps, 10)
    whole_number("sweeps", sweeps)
    ratio = number("largest", largest) / number("smallest", smallest)
    if ratio <= 1:
        raise InputError(f"largest must be above smallest ({smallest}), got {largest}")
    check_optimizer_is_not_bound(settings)
    if not len(examples):
        raise InputError("there are no training examples; give more or longer data")
    found, starts = [], []
    for run in range(sweeps):
        own = dataclasses.replace(
            settings, learning_rate=smallest, seed=settings.seed + run
        )
        losses = sweep(module, loss, examples, own, ratio, steps)
        if len(losses) < 2:
            raise InputError(
                "the loss or its gradient is not finite before any training; look at "
                "the data, or at the module with elman.diagnose"
            )
        still = sweep(module, loss, examples, own, 0.0, len(losses) - 1)
        found.append([a - b for a, b in zip(losses, still, strict=True)][1:])
        starts.append(math.fsum(still) / len(still))
    rates = [smallest * ratio ** (s / (steps - 1)) for s in range(steps)]
    return judged(rates, found, math.fsum(starts) / len(starts))


def judged(
    rates: list[float], sweeps: list[list[float]], start: float
) -> LearningRates:
    """Return the rate that sweeps suggest.

    Parameters
    ----------
    rates : list of float
        Evenly spaced in their logarithm.
    sweeps : list of list of float
        Changes of the loss at the first of these rates, of each sweep.
    start : float
        Loss of the untouched module.
    """
    count = min(map(len, sweeps))
    raw = np.array([s[:count] for s in sweeps])
    kernel = _kernel(rates, count)
    smooth = raw @ kernel.T
    mean = smooth.mean(0)
    best = int(mean.argmin())
    error = _standard_error(raw, smooth, kernel, best)
    lowest = suggested = between = None
    if best and -mean[best] > _CLEAR * error:
        lowest, suggested = rates[best], rates[best] / BELOW_LOWEST
        alone = [rates[int(s.argmin())] / BELOW_LOWEST for s in smooth]
        between = min(alone), max(alone)
    return LearningRates(
        rates[:count],
        mean.tolist(),
        [list(s) for s in sweeps],
        start,
        lowest,
        suggested,
        between,
        error,
    )


def _kernel(rates: list[float], count: int) -> np.ndarray:
    """Return (n, n) weights that average over neighbours, each row adding up to 1."""
    place = np.log10(rates[:count])
    weights = np.exp(-0.5 * ((place[:, None] - place) / _WIDTH) ** 2)
    return np.asarray(weights / weights.sum(1, keepdims=True))


def _standard_error(
    raw: np.ndarray, smooth: np.ndarray, kernel: np.ndarray, at: int
) -> float:
    """Return that of the smoothed mean, from scatter within sweeps and between them.

    One sweep alone is compared with its own course, which takes a sharp bend for
    noise.
    """
    weights = kernel[at]
    count = len(raw)
    if count == 1:
        scatter = (weights * (raw - smooth) ** 2).sum()
        return math.sqrt(float(scatter) * float((weights**2).sum()))
    scatter = (weights * raw.var(0, ddof=1)).sum()
    within = float(scatter) * float((weights**2).sum()) / count
    between = float(smooth[:, at].var(ddof=1)) / count
    return math.sqrt(max(within, between))
