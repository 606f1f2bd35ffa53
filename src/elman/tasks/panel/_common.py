"""How much of their errors all series share: how many count on their own."""

from __future__ import annotations

import numpy as np

from ._mixture import MOST_EARLIER, Mixture
from ._series import Rows, SeriesSet
from ._space import Space
from ._split import PanelSplit

# Errors count as no larger than so many usual changes.
_LARGEST = 5.0
# With fewer validation origins a series, what moves all series happens about once.
FEWEST_EACH = 5


def apart(
    series: SeriesSet, split: PanelSplit, mixture: Mixture, validating: Rows
) -> float:
    r"""Return how many of the validation origins tell something of their own.

    A recession moves all states at once: forty-eight errors of one year are then
    hardly more than one. With the errors :math:`z_{it}` of the local forecasts, in
    series i at moment t, the share

    .. math:: c = \frac{\sum_t (\bar z_t^2 - s_t^2 / S)}{\sum_t \overline{z_t^2}}

    is common to all S of them, and the origins of one moment count as 1 / c, at most
    as the S that there are.
    """
    local = Mixture(
        mixture.horizon,
        mixture.stride,
        mixture.names[: len(mixture.local)],
        mixture.local,
        [],
        mixture.squared,
        prior=2.0,
        ratios=np.ones(len(mixture.local)),
    )
    common, whole, most = 0.0, 0.0, 1
    for back in range(MOST_EARLIER):
        steps = split.test_start - mixture.horizon - back * mixture.stride
        # Half a history at least: a forecast from less is of another kind.
        usable = (steps >= np.maximum(3, split.test_start // 2)) & (
            split.train_end < split.test_start
        )
        origins = series.starts[:-1][usable] + steps[usable]
        if not len(origins):
            break
        off = local.weighed(series, origins).forecast
        off = off - series.truth(origins, mixture.horizon)
        usual = series.usual(Space.NONE)[origins - 1]
        known = (usual > 0) & np.isfinite(off).all(1)
        if known.sum() < 2:
            continue
        error = (off[known] / usual[known, None]).mean(1).clip(-_LARGEST, _LARGEST)
        common += error.mean() ** 2 - error.var() / (len(error) - 1)
        whole += (error**2).mean()
        most = max(most, len(error))
    each = np.unique(series.owner[validating - 1], return_counts=True)[1].mean()
    share = common / whole if whole > 0 else 1.0
    return float(each / max(share, 1 / most))


def windows_apart(
    series: SeriesSet, validating: Rows, mixture: Mixture, own: float
) -> float:
    """Return how many windows tell something of their own about a correction.

    Windows overlap within a series only, whose first counts whole. Where most series
    have few of them, errors that series share count once: ``own`` is what `apart`
    found.
    """
    each = np.unique(series.owner[validating - 1], return_counts=True)[1]
    new = min(1.0, mixture.stride / mixture.horizon)
    count = float((1 + (each - 1) * new).sum())
    few = np.median(each) < FEWEST_EACH
    return count * own / len(validating) if few else count
