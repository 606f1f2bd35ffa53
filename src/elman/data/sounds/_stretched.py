"""Features as another voice would have them: its frequencies higher or lower."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._front_end import FrontEnd
from ._mel import Array, centres, cosines, mel


def stretching(front_end: FrontEnd, factors: NDArray[np.floating]) -> Array:
    r"""Return what features are multiplied by, to have their frequencies stretched.

    A shorter vocal tract has the resonances of a longer one at higher frequencies, all
    by about one factor. A band around :math:`f` reads what there is around
    :math:`a f`, between two bands in proportion; beyond the first and the last band
    these are read. Of cosines, the bands that they give back are stretched.

    Parameters
    ----------
    front_end : FrontEnd
        Of the features.
    factors : ndarray
        (n,): a; at 1 features stay as they are.

    Returns
    -------
    ndarray
        (n, width, width), each for the right side of features (steps, width).

    Notes
    -----
    N. Jaitly and G. Hinton, "Vocal tract length perturbation (VTLP) improves speech
    recognition", ICML Workshop on Deep Learning for Audio, Speech and Language, 2013.
    """
    bands = front_end.bands
    middles = centres(bands, front_end.low, front_end.highest)
    apart = (mel(front_end.highest) - mel(front_end.low)) / (bands + 1)
    wanted = mel(np.asarray(factors, np.float64)[:, None] * middles) - mel(middles[0])
    place = np.clip(wanted / apart, 0, bands - 1)
    own = np.arange(bands)[:, None]
    found = np.maximum(0.0, 1.0 - np.abs(place[:, None] - own))
    if front_end.kind == "mfcc":
        some = cosines(bands, front_end.coefficients)
        return np.asarray(some.T @ found @ some)
    return np.asarray(found)
