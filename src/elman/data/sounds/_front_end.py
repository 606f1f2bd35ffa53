"""From samples to what a network reads: log-mel bands, or their cosine transform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError, did_you_mean

from ._mel import Array, centres, cosines, filters

KINDS = ("log-mel", "mfcc")
LEVELS = ("mean", "none")

# Of full scale: what is quieter is silence in a recording of 16 bits.
_SILENCE = 1e-10
_TOGETHER = 4096


@dataclass(frozen=True)
class FrontEnd:
    r"""Features of a recording: the energy of bands of frequencies, step by step.

    .. math::

        P_t = |\mathrm{DFT}(w \odot (x_t - \bar x_t))|^2, \qquad
        s_t = \log \max(P_t F,\, \epsilon)

    with :math:`x_t` a window of samples, :math:`w` Hann's window, :math:`F` triangles
    that are equally wide on the mel scale, and :math:`\epsilon` the loudest band of
    the recording less ``range``. Then, by ``level``, less each band's mean over the
    recording, which takes away how loud it is, the microphone and the room; by
    ``kind``, their cosine transform. Nothing here is fitted to data.

    Parameters
    ----------
    kind : {"log-mel", "mfcc"}
    rate : int
        Samples a second; recordings of other rates are resampled.
    window, hop : float
        Seconds of a step, and from one to the next.
    bands : int
        Of frequencies.
    coefficients : int
        Of mfcc: how many of the cosine transform are kept.
    low : float
        Hz, where the first band begins.
    high : float or None
        Hz, where the last band ends; half the rate if None.
    range : float
        Decibels between the loudest band of a recording and what counts as silence.
        More than speech keeps above most rooms lets the room and the microphone say
        which voice it is.
    level : {"mean", "none"}
        What is subtracted from each band.

    Raises
    ------
    InputError
        A parameter is out of its range, or bands are so many that one would be
        without a frequency.

    Notes
    -----
    S. Davis and P. Mermelstein, "Comparison of parametric representations for
    monosyllabic word recognition in continuously spoken sentences", IEEE Trans. ASSP
    28(4), 1980.
    """

    kind: Literal["log-mel", "mfcc"] = "log-mel"
    rate: int = 16_000
    window: float = 0.025
    hop: float = 0.010
    bands: int = 40
    coefficients: int = 13
    low: float = 20.0
    high: float | None = None
    range: float = 40.0
    level: Literal["mean", "none"] = "mean"

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        check_choice("level", self.level, LEVELS)
        _within("rate", self.rate, 1000, 400_000, whole=True)
        _within("window", self.window, 0.001, 1.0)
        _within("hop", self.hop, 0.0005, 1.0)
        _within("bands", self.bands, 1, 512, whole=True)
        if self.kind == "mfcc":
            _within("coefficients", self.coefficients, 1, self.bands, whole=True)
        _within("range", self.range, 1.0, 300.0)
        _within("high", self.highest, 1.0, self.rate / 2)
        _within("low", self.low, 0.0, self.highest - 1.0)
        if self.hop * self.rate < 1 or self.window * self.rate < 2:
            raise InputError(
                f"window {self.window:g} s and hop {self.hop:g} s are less than a"
                f" sample at rate {self.rate}; give longer ones"
            )
        if not (self._filters() > 0).any(0).all():
            raise InputError(
                f"bands {self.bands} are too many for windows of {self.window:g} s at"
                f" rate {self.rate}: some would hold no frequency; give at most"
                f" {self._most_bands()}, or a longer window"
            )

    @property
    def highest(self) -> float:
        """Hz, where the last band ends."""
        return self.rate / 2 if self.high is None else self.high

    @property
    def samples(self) -> tuple[int, int]:
        """Samples in a window, and from one to the next."""
        return round(self.window * self.rate), round(self.hop * self.rate)

    @property
    def size(self) -> int:
        """Samples of a transform: a window, and zeros up to a power of two."""
        return 1 << (self.samples[0] - 1).bit_length()

    @property
    def width(self) -> int:
        """How many numbers a step has."""
        return self.coefficients if self.kind == "mfcc" else self.bands

    @property
    def channels(self) -> list[str]:
        """A name for each of them."""
        if self.kind == "mfcc":
            return [f"coefficient {i}" for i in range_(self.width)]
        middles = centres(self.bands, self.low, self.highest)
        return [f"{middle:.0f} Hz" for middle in middles]

    def __call__(self, samples: NDArray[np.floating], rate: int) -> NDArray[np.float32]:
        """Return the features of a recording.

        Parameters
        ----------
        samples : ndarray
            (n,), 1 being full scale; any number but none.
        rate : int
            Of these samples.

        Returns
        -------
        ndarray
            (steps, width), float32; one step where there is less than a window.
        """
        logs = self.logs(self.power(samples, rate))
        if self.kind == "mfcc":
            logs = logs @ cosines(self.bands, self.coefficients)
        return logs.astype(np.float32)

    def power(self, samples: NDArray[np.floating], rate: int) -> Array:
        """Return the power of each frequency in each window, (steps, size // 2 + 1)."""
        from scipy.fft import rfft

        x = self._resampled(np.asarray(samples, np.float64), rate)
        length, hop = self.samples
        if len(x) < length:
            x = np.pad(x, (0, length - len(x)))
        cut = np.lib.stride_tricks.sliding_window_view(x, length)[::hop]
        hann = 0.5 - 0.5 * np.cos(2 * np.pi / (length - 1) * np.arange(length))
        found = np.empty((len(cut), self.size // 2 + 1))
        for start in range_(0, len(cut), _TOGETHER):
            frames = cut[start : start + _TOGETHER]
            frames = (frames - frames.mean(1, keepdims=True)) * hann
            found[start : start + _TOGETHER] = np.abs(rfft(frames, self.size)) ** 2
        return found

    def logs(self, power: Array) -> Array:
        """Return log energies of the bands, less what ``level`` says."""
        energy = power @ self._filters()
        floor = max(energy.max() * 10 ** (-self.range / 10), _SILENCE)
        logs = np.log(np.maximum(energy, floor))
        return logs - logs.mean(0) if self.level == "mean" else logs

    def describe(self) -> dict[str, Any]:
        """Return all parameters as plain values; those that are None are left out."""
        return {k: v for k, v in asdict(self).items() if v is not None}

    @classmethod
    def from_description(cls, described: Mapping[str, Any]) -> FrontEnd:
        """Return the front end that `describe` described."""
        known = {f.name for f in fields(cls)}
        strange = next((name for name in described if name not in known), None)
        if strange is not None:
            raise InputError(
                f"the front end has an unknown parameter {strange!r}; it was written"
                " by another version of Elman"
            )
        return cls(**described)

    def in_words(self) -> str:
        """Return what the features are, in a line."""
        what = f"{self.bands} log-mel bands"
        if self.kind == "mfcc":
            what = f"{self.coefficients} MFCC of {self.bands} bands"
        less = ", less each band's mean" if self.level == "mean" else ""
        return (
            f"{what}, {self.low:g} to {self.highest:g} Hz, {self.range:g} dB,"
            f" {1000 * self.window:g} ms every {1000 * self.hop:g} ms{less}"
        )

    def _filters(self) -> Array:
        return _filters(self.bands, self.low, self.highest, self.rate, self.size)

    def _most_bands(self) -> int:
        place = (self.low, self.highest, self.rate, self.size)
        most = self.bands
        while most > 1 and not (filters(most, *place) > 0).any(0).all():
            most -= 1
        return most

    def _resampled(self, x: Array, rate: int) -> Array:
        if rate == self.rate or not len(x):
            return x
        from scipy.signal import resample_poly

        shared = int(np.gcd(rate, self.rate))
        return np.asarray(resample_poly(x, self.rate // shared, rate // shared))


def bands_of(front_end: FrontEnd, features: NDArray[np.floating]) -> Array:
    """Return features as log energies of bands: of MFCC what the cosines give back.

    Parameters
    ----------
    front_end : FrontEnd
    features : ndarray
        (steps, width).

    Returns
    -------
    ndarray
        (steps, bands).
    """
    values = np.asarray(features, np.float64)
    if front_end.kind != "mfcc":
        return values
    return values @ cosines(front_end.bands, front_end.coefficients).T


# `range` is a parameter above.
range_ = range
_filters = cache(filters)


def check_choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raise unless a value is one of those allowed."""
    if value not in allowed:
        raise InputError(
            f"{name} must be one of {', '.join(allowed)}, got {value!r:.40}"
            f"{did_you_mean(str(value), allowed)}"
        )


def _within(
    name: str, value: Any, low: float, high: float, *, whole: bool = False
) -> None:
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    fits = isinstance(value, kinds) and not isinstance(value, bool)
    if not (fits and low <= value <= high):
        number = "a whole number" if whole else "a number"
        raise InputError(
            f"{name} must be {number} from {low:g} to {high:g}, got {value!r:.40}"
        )
