"""Bands that are as wide as pitch is heard, as weights on a power spectrum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mel(hertz: NDArray[np.floating] | float) -> Array:
    r"""Return a frequency on the mel scale, :math:`1127 \ln(1 + f / 700)`."""
    return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))


def hertz(mels: NDArray[np.floating] | float) -> Array:
    """Return the frequency at a place of the mel scale."""
    return np.asarray(700.0 * np.expm1(np.asarray(mels) / 1127.0))


def centres(bands: int, low: float, high: float) -> Array:
    """Return the middle of each band in Hz, shape (bands,)."""
    return hertz(np.linspace(mel(low), mel(high), bands + 2)[1:-1])


def filters(bands: int, low: float, high: float, rate: int, size: int) -> Array:
    """Return the weights of each frequency in each band.

    Triangles on the mel scale; each begins and ends in the middle of its neighbours
    and is 1 in its own.

    Parameters
    ----------
    bands : int
    low, high : float
        Where the first begins and the last ends, in Hz.
    rate : int
        Samples a second.
    size : int
        Samples in a transform.

    Returns
    -------
    ndarray
        (size // 2 + 1, bands).
    """
    edges = np.linspace(mel(low), mel(high), bands + 2)
    places = mel(np.arange(size // 2 + 1) * (rate / size))[:, None]
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    up, down = (places - left) / (middle - left), (right - places) / (right - middle)
    return np.clip(np.minimum(up, down), 0.0, None)


def cosines(bands: int, count: int) -> Array:
    """Return the first orthonormal cosines over the bands, shape (bands, count)."""
    places = (np.arange(bands) + 0.5)[:, None]
    found = np.cos(np.pi / bands * places * np.arange(count)) * np.sqrt(2.0 / bands)
    found[:, 0] /= np.sqrt(2.0)
    return found
