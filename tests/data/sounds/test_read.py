import os
import struct
import sys

import numpy as np
import pytest
from scipy.io import wavfile

from elman import InputError, read_sound
from recorded import tone, write_wav


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_whole_numbers_of_any_size(bits, tmp_path):
    x = tone(500)
    path = write_wav(tmp_path / "a.wav", x, 8000, bits=bits)
    found, rate = read_sound(path)
    assert rate == 8000
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, x, atol=2.0 ** (2 - bits) + 1e-7)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats(kind, tmp_path):
    path = tmp_path / "a.wav"
    wavfile.write(path, 44100, tone(500).astype(kind))
    found, rate = read_sound(path)
    assert rate == 44100
    np.testing.assert_allclose(found, tone(500), atol=1e-6)


def test_channels_are_averaged(tmp_path):
    both = np.stack([tone(500), -0.5 * tone(500)], 1)
    path = write_wav(tmp_path / "a.wav", both, channels=2)
    np.testing.assert_allclose(read_sound(path)[0], 0.25 * tone(500), atol=1e-4)


def test_one_sample(tmp_path):
    assert read_sound(write_wav(tmp_path / "a.wav", [0.5]))[0].shape == (1,)


def test_a_file_cut_short_is_read_as_far_as_it_goes(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(500))
    path.write_bytes(path.read_bytes()[:1001])
    assert len(read_sound(path)[0]) == (1001 - 44) // 2


def test_a_size_that_was_never_filled_in(tmp_path):
    # As a program leaves it that writes to a pipe.
    path = write_wav(tmp_path / "a.wav", tone(500))
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(content)
    np.testing.assert_allclose(read_sound(path)[0], tone(500), atol=1e-4)


def test_a_wrong_number_of_bytes_a_second_is_of_no_account(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(500))
    content = bytearray(path.read_bytes())
    content[28:32] = b"\x07\x00\x00\x00"
    path.write_bytes(content)
    np.testing.assert_allclose(read_sound(path)[0], tone(500), atol=1e-4)


def test_chunks_that_are_not_of_sound_are_passed_over(tmp_path):
    content = wav_bytes(tmp_path)
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\x00"
    (tmp_path / "a.wav").write_bytes(content[:12] + extra + content[12:] + extra)
    np.testing.assert_allclose(read_sound(tmp_path / "a.wav")[0], tone(500), atol=1e-4)


def test_extensible_and_large_files(tmp_path):
    content = wav_bytes(tmp_path)
    tail = struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)
    fmt = b"fmt " + struct.pack("<I", 40) + b"\xfe\xff" + content[22:36] + tail
    (tmp_path / "a.wav").write_bytes(content[:12] + fmt + content[36:])
    np.testing.assert_allclose(read_sound(tmp_path / "a.wav")[0], tone(500), atol=1e-4)
    size = len(content) - 44
    wide = b"ds64" + struct.pack("<IQQQI", 28, size + 80, size, size // 2, 0)
    data = b"data\xff\xff\xff\xff" + content[44:]
    rf64 = b"RF64" + content[4:12] + wide + content[12:36] + data
    (tmp_path / "b.wav").write_bytes(rf64)
    np.testing.assert_allclose(read_sound(tmp_path / "b.wav")[0], tone(500), atol=1e-4)


def wav_bytes(tmp_path):
    return write_wav(tmp_path / "whole.wav", tone(500)).read_bytes()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda b: b"", r"is empty; delete it"),
        (lambda b: b"hello, world\n", r"is no WAV file.*the text 'hello, world'"),
        (lambda b: b"\x00\x01\x02\x03" * 9, r"is no WAV file.*the bytes 00 01 02"),
        (lambda b: b[:20], r"damaged WAV file: its header is cut short"),
        (lambda b: b[:30], r"damaged WAV file"),
        (lambda b: b[:44], r"holds no samples"),
        (lambda b: b[:24] + struct.pack("<I", 0) + b[28:], r"says 0 samples a second"),
        (lambda b: b[:22] + b"\x00\x00" + b[24:], r"damaged WAV file"),
        (lambda b: b[:34] + b"\x0b\x01" + b[36:], r"samples of 267 bits in 2 bytes"),
    ],
)
def test_what_is_no_sound_is_one_line(make, message, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(make(wav_bytes(tmp_path)))
    with pytest.raises(InputError, match=message) as caught:
        read_sound(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_samples_that_are_no_numbers(tmp_path):
    path = tmp_path / "a.wav"
    wavfile.write(path, 8000, np.array([0.0, np.nan, 0.5], np.float32))
    with pytest.raises(InputError, match="no numbers"):
        read_sound(path)


def test_what_is_not_there_or_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read .no such file"):
        read_sound(tmp_path / "a.wav")
    with pytest.raises(InputError, match="is a folder"):
        read_sound(tmp_path)


def test_what_may_not_be_read(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(500))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(InputError, match=r"cannot be read .permission denied"):
        read_sound(path)


def test_flac_through_soundfile(tmp_path):
    soundfile = pytest.importorskip("soundfile", reason="soundfile is an extra")
    soundfile.write(tmp_path / "a.flac", tone(500), 8000)
    found, rate = read_sound(tmp_path / "a.flac")
    assert rate == 8000
    np.testing.assert_allclose(found, tone(500), atol=1e-4)
    # Compressed WAV, which scipy does not read; and another kind under a wrong name.
    soundfile.write(tmp_path / "b.wav", tone(500), 8000, subtype="ULAW")
    np.testing.assert_allclose(read_sound(tmp_path / "b.wav")[0], tone(500), atol=0.02)
    (tmp_path / "a.flac").rename(tmp_path / "c.wav")
    np.testing.assert_allclose(read_sound(tmp_path / "c.wav")[0], tone(500), atol=1e-4)
    (tmp_path / "d.flac").write_bytes(b"fLaC, they say")
    with pytest.raises(InputError, match="cannot be read as sound"):
        read_sound(tmp_path / "d.flac")


def test_without_soundfile_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    (tmp_path / "a.flac").write_bytes(b"fLaC")
    with pytest.raises(InputError, match=r"pip install 'elman\[sound\]'"):
        read_sound(tmp_path / "a.flac")
    ulaw = bytearray(wav_bytes(tmp_path))
    ulaw[20:22] = b"\x07\x00"
    (tmp_path / "b.wav").write_bytes(ulaw)
    with pytest.raises(InputError, match=r"the coding 0x0007.*ffmpeg"):
        read_sound(tmp_path / "b.wav")
