"""Recordings for tests: tones that tell classes apart, as files of WAV."""

import wave
from pathlib import Path

import numpy as np


def write_wav(path: Path, samples, rate=8000, *, bits=16, channels=1) -> Path:
    """Write samples of full scale 1, (n,) or (n, channels), as whole numbers."""
    values = np.asarray(samples, np.float64).reshape(-1)
    scaled = np.round(np.clip(values, -1, 1) * (2 ** (bits - 1) - 1)).astype(np.int64)
    size = bits // 8
    if size == 1:
        content = (scaled + 128).astype(np.uint8).tobytes()
    else:
        whole = scaled.astype("<i8").view(np.uint8).reshape(-1, 8)
        content = whole[:, :size].tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(size)
        file.setframerate(rate)
        file.writeframes(content)
    return path


def tone(hertz, seconds=0.2, rate=8000, seed=0):
    """Return a tone that fades in, with a little noise."""
    t = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(size=len(t))
    return 0.4 * np.sin(2 * np.pi * hertz * t) * np.minimum(1, 8 * t) + 0.002 * noise


def write_tones(folder: Path, each=8, labels=("high", "low"), rate=8000) -> Path:
    """Write tones that rise or fall, a sub-folder a label, two speakers each."""
    for label in labels:
        for i in range(each):
            seconds = 0.15 + 0.01 * (i % 4)
            t = np.arange(int(seconds * rate)) / rate
            low, high = (300 + 20 * i, 1500 + 50 * i)
            course = t / seconds if label == labels[0] else 1 - t / seconds
            phase = 2 * np.pi * np.cumsum(low + (high - low) * course) / rate
            name = f"{'anna' if i % 2 else 'bert'}_{i}.wav"
            write_wav(folder / label / name, 0.3 * np.sin(phase), rate)
    return folder
