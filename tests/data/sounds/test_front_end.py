import json
from pathlib import Path

import numpy as np
import pytest
from scipy.fft import dct

from elman import FrontEnd, InputError
from elman.data.sounds._mel import centres, cosines, filters, hertz, mel
from recorded import tone

KALDI = json.loads(Path(__file__).with_name("kaldi.json").read_text())


def signal(rate, seconds=0.4):
    t = np.arange(int(rate * seconds)) / rate
    noise = np.random.default_rng(7).standard_normal(len(t))
    sweep = 0.3 * np.sin(2 * np.pi * (200 * t + 900 * t * t))
    return sweep + 0.1 * np.sign(np.sin(2 * np.pi * 110 * t)) + 0.01 * noise


def compared(case):
    """Return the front end of a case, without what Kaldi does not do."""
    return FrontEnd(
        "mfcc" if case["coefficients"] else "log-mel",
        rate=case["rate"],
        bands=case["bands"],
        coefficients=case["coefficients"] or 13,
        level="none",
        range=200,
    )


@pytest.mark.parametrize("case", KALDI, ids=lambda c: f"{c['rate']}-{c['bands']}")
def test_it_equals_kaldi(case):
    # kaldi-native-fbank 1.23.0: hanning windows, no dither, no pre-emphasis, from 20
    # Hz; log-mel, or MFCC without lifter and energy.
    front_end = compared(case)
    found = front_end(signal(case["rate"]).astype(np.float32), case["rate"])
    assert len(found) == case["frames"]
    for step, values in case["some"].items():
        # Kaldi computes in single precision.
        assert found[int(step)] == pytest.approx(values, abs=2e-4)


def test_it_equals_kaldi_where_that_is_installed():
    k = pytest.importorskip("kaldi_native_fbank", reason="kaldi-native-fbank")
    case = KALDI[1]
    options = k.FbankOptions()
    frames = options.frame_opts
    frames.samp_freq, frames.dither, frames.preemph_coeff = case["rate"], 0, 0
    frames.window_type = "hanning"
    options.mel_opts.num_bins = case["bands"]
    x = signal(case["rate"], 3.0).astype(np.float32)
    oracle = k.OnlineFbank(options)
    oracle.accept_waveform(case["rate"], x.tolist())
    oracle.input_finished()
    wanted = [oracle.get_frame(i) for i in range(oracle.num_frames_ready)]
    found = compared(case)(x, case["rate"])
    np.testing.assert_allclose(found, np.array(wanted), atol=5e-4)


def test_the_mel_scale_turns_back():
    f = np.array([0.0, 20, 1000, 8000])
    np.testing.assert_allclose(hertz(mel(f)), f, atol=1e-9)
    assert mel(1000.0) == pytest.approx(1000, abs=0.1)


def test_every_frequency_between_the_middles_counts_once():
    weights = filters(23, 20.0, 4000.0, 8000, 256)
    f = np.arange(129) * 8000 / 256
    middle = centres(23, 20.0, 4000.0)
    inside = (f >= middle[0]) & (f <= middle[-1])
    np.testing.assert_allclose(weights.sum(1)[inside], 1.0)
    assert (weights >= 0).all()


def test_the_cosines_are_scipys():
    x = np.random.default_rng(0).normal(size=(3, 26))
    wanted = dct(x, type=2, norm="ortho")[:, :13]
    np.testing.assert_allclose(x @ cosines(26, 13), wanted, atol=1e-12)


@pytest.mark.parametrize(
    ("samples", "steps"), [(1, 1), (199, 1), (200, 1), (279, 1), (280, 2), (840, 9)]
)
def test_steps_are_whole_windows(samples, steps):
    front_end = FrontEnd(rate=8000, bands=20)
    found = front_end(np.random.default_rng(0).normal(size=samples), 8000)
    assert found.shape == (steps, 20)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_silence_is_all_zero_less_its_mean():
    found = FrontEnd(rate=8000, bands=20)(np.zeros(4000), 8000)
    np.testing.assert_allclose(found, 0, atol=1e-12)
    as_it_is = FrontEnd(rate=8000, bands=20, level="none")(np.zeros(4000), 8000)
    np.testing.assert_allclose(as_it_is, np.log(1e-10), rtol=1e-6)


def test_loudness_goes_with_the_mean_and_stays_without():
    x = tone(700)
    level, plain = (FrontEnd(rate=8000, level=name) for name in ("mean", "none"))
    np.testing.assert_allclose(level(0.01 * x, 8000), level(x, 8000), atol=1e-4)
    less = plain(x, 8000) - plain(0.01 * x, 8000)
    np.testing.assert_allclose(less, np.log(1e4), atol=1e-4)


def test_the_range_is_a_floor_below_the_loudest_band():
    x = np.concatenate([tone(700), np.zeros(1600)])
    found = FrontEnd(rate=8000, level="none", range=60)(x, 8000)
    assert found.max() - found.min() == pytest.approx(6 * np.log(10), abs=1e-4)


def test_a_long_recording_is_its_parts():
    front_end = FrontEnd(rate=1000, bands=5, level="none", range=300)
    x = np.random.default_rng(0).normal(size=1000 * 50)
    found = front_end(x, 1000)
    assert len(found) > 4096  # more than are transformed at once
    np.testing.assert_allclose(found[4500:], front_end(x[4500 * 10 :], 1000), atol=1e-5)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100])
def test_other_rates_are_resampled(rate):
    front_end = FrontEnd(rate=16000, bands=20, high=3500.0, range=40)
    wanted = front_end(tone(700, 0.5, 16000), 16000)
    found = front_end(tone(700, 0.5, rate), rate)
    assert abs(len(found) - len(wanted)) <= 1
    loud = front_end.channels[int(np.argmax(wanted[20] + 0))]
    assert 550 < float(loud.split()[0]) < 850
    peak = front_end(tone(700, 0.5, rate), rate)[20].argmax()
    assert peak == wanted[20].argmax()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "mfc"}, "kind must be one of log-mel, mfcc.*did you mean 'mfcc'"),
        ({"level": "max"}, "level must be one of mean, none"),
        ({"bands": 0}, "bands must be a whole number from 1 to 512, got 0"),
        ({"bands": 40.5}, "bands must be a whole number"),
        ({"bands": True}, "bands must be a whole number"),
        ({"bands": 200, "rate": 8000}, "too many.*give at most \\d+"),
        ({"rate": 16000.5}, "rate must be a whole number from 1000"),
        ({"window": "long"}, "window must be a number"),
        ({"high": 9000.0}, "high must be a number from 1 to 8000"),
        ({"low": 8000.0}, "low must be a number from 0 to 7999"),
        ({"kind": "mfcc", "coefficients": 41}, "coefficients .* 1 to 40"),
        ({"hop": 0.0005, "rate": 1000}, "less than a sample"),
    ],
)
def test_what_is_out_of_range_is_named(given, message):
    with pytest.raises(InputError, match=message):
        FrontEnd(**given)


def test_the_most_bands_that_it_names_are_possible():
    with pytest.raises(InputError) as caught:
        FrontEnd(rate=8000, bands=200)
    most = int(str(caught.value).split("at most ")[1].split(",")[0])
    FrontEnd(rate=8000, bands=most)
    with pytest.raises(InputError):
        FrontEnd(rate=8000, bands=most + 1)


def test_a_description_gives_the_same_front_end():
    for front_end in (FrontEnd(), FrontEnd("mfcc", 8000, high=3000.0, level="none")):
        assert FrontEnd.from_description(front_end.describe()) == front_end
    with pytest.raises(InputError, match="unknown parameter 'lifter'"):
        FrontEnd.from_description({"lifter": 22})


def test_channels_and_words():
    mfcc = FrontEnd("mfcc", coefficients=3)
    assert mfcc.channels == ["coefficient 0", "coefficient 1", "coefficient 2"]
    assert mfcc.in_words().startswith("3 MFCC of 40 bands, 20 to 8000 Hz, 40 dB, 25 ms")
    assert FrontEnd(level="none").in_words().endswith("25 ms every 10 ms")
