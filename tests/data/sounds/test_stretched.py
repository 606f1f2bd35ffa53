import numpy as np
import pytest

from elman.data import FrontEnd, stretching
from elman.data.sounds._mel import cosines, mel

RATE = 16_000


def sung(factor: float) -> np.ndarray:
    """A tone over noise: a second in which a peak moves from 400 Hz to 2,000 Hz."""
    time = np.arange(RATE) / RATE
    turns = np.cumsum(factor * (400 + 1600 * time)) / RATE
    return np.sin(2 * np.pi * turns)


def test_nothing_changes_at_factor_one():
    matrices = stretching(FrontEnd(bands=20), np.ones(2))
    np.testing.assert_allclose(matrices, np.stack([np.eye(20)] * 2), atol=1e-9)
    cepstral = stretching(FrontEnd("mfcc", bands=20, coefficients=5), np.ones(1))
    np.testing.assert_allclose(cepstral[0], np.eye(5), atol=1e-9)


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_a_stretched_voice_is_one_whose_frequencies_are_multiplied(factor):
    front_end = FrontEnd(bands=40, level="none")
    low, high = (front_end(sung(a), RATE) for a in (1.0, factor))
    matrix = stretching(front_end, np.array([1 / factor]))[0]
    wanted = high.argmax(1)
    apart = np.abs((low @ matrix).argmax(1) - wanted)
    assert apart.max() <= 1
    assert apart.mean() < 0.3 * np.abs(low.argmax(1) - wanted).mean()


def test_each_band_reads_where_its_frequency_is():
    """Features that are their band's place on the mel scale are read elsewhere."""
    front_end = FrontEnd(bands=30, low=100.0, high=6000.0, level="none")
    middles = np.array([float(name.split()[0]) for name in front_end.channels])
    places = mel(middles)
    read = places @ stretching(front_end, np.array([1.1]))[0]
    inside = 1.1 * middles < middles[-1]
    np.testing.assert_allclose(read[inside], mel(1.1 * middles[inside]), atol=1.0)
    # Beyond the last band there is nothing to read: its own value stays.
    np.testing.assert_allclose(read[~inside], places[-1], atol=1e-9)


def test_the_mean_over_a_recording_stays_taken_away():
    front_end = FrontEnd(bands=20)
    found = front_end(sung(1.0), RATE) @ stretching(front_end, np.array([0.9]))[0]
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-4)


def test_cosines_are_stretched_as_the_bands_that_they_give_back():
    bands = FrontEnd(bands=20)
    front_end = FrontEnd("mfcc", bands=20, coefficients=6)
    some = cosines(20, 6)
    features = front_end(sung(1.0), RATE)
    factors = np.array([1.12])
    wanted = features @ some.T @ stretching(bands, factors)[0] @ some
    found = features @ stretching(front_end, factors)[0]
    np.testing.assert_allclose(found, wanted, atol=1e-5)
