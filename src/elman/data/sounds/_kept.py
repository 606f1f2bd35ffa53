"""What features keep of a recording: what can be rebuilt from them, beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._front_end import FrontEnd
from ._mel import Array, cosines, filters, hertz, mel

_COLUMNS, _ROWS = 160, 48


def what_is_kept(
    front_end: FrontEnd, samples: NDArray[np.floating], rate: int
) -> dict[str, Any]:
    """Return a recording's spectrum and the one rebuilt from its features.

    Each band's energy is spread evenly over its frequencies; of MFCC the bands are
    those that the cosines give back. Both spectra are logs of power, less each
    frequency's mean over the recording where the features are.

    Parameters
    ----------
    front_end : FrontEnd
    samples : ndarray
        (n,).
    rate : int
        Of the samples.

    Returns
    -------
    dict
        Plain values: ``recorded`` and ``rebuilt`` (steps, rows) thinned to draw,
        ``hertz`` of the rows, ``seconds``; ``share`` of the variation of the one
        that the other has; ``above``, the share of the power above the last band;
        ``widths`` of the first and the last band in Hz.
    """
    power = front_end.power(samples, rate)
    shape = (front_end.bands, front_end.low, front_end.highest)
    weights = filters(*shape, front_end.rate, front_end.size)
    inside = weights.any(1)
    floor = max(power.max() * 10 ** (-front_end.range / 10), 1e-10)
    recorded = np.log(np.maximum(power[:, inside], floor))
    logs = front_end.logs(power)
    if front_end.kind == "mfcc":
        waves = cosines(front_end.bands, front_end.coefficients)
        logs = logs @ waves @ waves.T
    each = np.exp(logs) / weights.sum(0)
    rebuilt = np.log(np.maximum(each @ weights[inside].T, 1e-30))
    if front_end.level == "mean":
        recorded = recorded - recorded.mean(0)
        rebuilt = rebuilt - rebuilt.mean(0)
    differs = recorded - rebuilt
    varies = float(np.square(recorded - recorded.mean()).sum())
    share = 1 - float(np.square(differs - differs.mean()).sum()) / max(varies, 1e-12)
    places = np.flatnonzero(inside) * front_end.rate / front_end.size
    edges = hertz(np.linspace(mel(front_end.low), mel(front_end.highest), shape[0] + 2))
    return {
        "recorded": _thin(recorded, places).round(2).tolist(),
        "rebuilt": _thin(rebuilt, places).round(2).tolist(),
        "lowest": float(places[0]),
        "highest": float(places[-1]),
        "seconds": len(samples) / rate,
        "rate": rate,
        "share": max(0.0, share),
        "above": _above(front_end, samples, rate),
        "widths": [float(edges[2] - edges[0]), float(edges[-1] - edges[-3])],
    }


def _above(front_end: FrontEnd, samples: NDArray[np.floating], rate: int) -> float:
    """Return the share of a recording's power above the last band."""
    from scipy.fft import rfft

    found = np.abs(rfft(np.asarray(samples, np.float64) - np.mean(samples))) ** 2
    places = np.arange(len(found)) * rate / max(len(samples), 1)
    total = float(found.sum())
    return float(found[places > front_end.highest].sum()) / total if total else 0.0


def _thin(values: Array, places: Array) -> Array:
    """Return a spectrum with few rows, equally far apart on the mel scale."""
    rows = np.linspace(mel(places[0]), mel(places[-1]), _ROWS)
    at = np.interp(rows, mel(places), np.arange(len(places)))
    lower = np.minimum(at.astype(int), len(places) - 2) if len(places) > 1 else 0
    rest = at - lower
    found = values[:, lower] * (1 - rest) + values[:, lower + 1] * rest
    parts = np.array_split(found, min(_COLUMNS, len(found)))
    return np.array([part.mean(0) for part in parts])
