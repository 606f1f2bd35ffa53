"""Tell rising tones from falling ones, by speakers that training never heard.

python examples/recordings.py

The recordings are made here, so that it runs anywhere: four "speakers" of other
pitch, a file of WAV each. Yours go the same way: a folder with a sub-folder for each
label, or names that a pattern reads.
"""

import tempfile
import wave
from pathlib import Path

import numpy as np

import elman

RATE = 8000


def write(path: Path, samples: np.ndarray) -> None:
    """Write one channel of 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def sweep(low: float, high: float, seconds: float) -> np.ndarray:
    """Return a tone that goes from one frequency to another."""
    course = np.linspace(low, high, int(seconds * RATE))
    return 0.3 * np.sin(2 * np.pi * np.cumsum(course) / RATE)


random = np.random.default_rng(0)
with tempfile.TemporaryDirectory() as folder:
    for speaker, low in {"anna": 400, "bert": 200, "cleo": 500, "dora": 300}.items():
        for take in range(8):
            seconds = random.uniform(0.2, 0.4)
            up, down = sweep(low, 3 * low, seconds), sweep(3 * low, low, seconds)
            for label, tone in {"rising": up, "falling": down}.items():
                noise = random.normal(0, 0.02, len(tone))
                write(Path(folder) / f"{label}_{speaker}_{take}.wav", tone + noise)

    found = elman.read_recordings(folder, pattern="{label}_{group}_*.wav")
    print(len(found), "recordings:", found.front_end.in_words())

    unheard = found.groups == "dora"
    train, test = np.flatnonzero(~unheard), np.flatnonzero(unheard)
    model = elman.SequenceClassifier(hidden_size=16, epochs=10)
    model.fit(found.X.taken(train), found.y[train], groups=found.groups[train])
    scores = model.evaluate(found.X.taken(test), found.y[test], split="dora, unheard")
    print(scores["verdict"])

    model.save("runs/tones")
    again = elman.load("runs/tones")
    name = Path(folder) / "rising_dora_0.wav"
    one = elman.read_recordings(name, front_end=again.front_end_)
    print(name.name, "is", again.predict(one.X)[0])
