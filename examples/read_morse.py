"""Morse code keyed at different speeds, read from a noisy line.

python examples/read_morse.py [MESSAGES] [EPOCHS]
"""

import sys

import numpy as np

import elman

SIGNS = ".- -.. . .... .. -- -. --- .-. ... - ..- .--"
CODE = dict(zip("adehimnorstuw", SIGNS.split(), strict=True))
draw = np.random.default_rng(0)


def keyed(text):
    """Return the level of the line: dots, dashes of three, pauses, and noise."""
    unit = draw.uniform(2, 4)
    line = [0.0] * draw.integers(2, 9)
    for letter in text:
        for sign in CODE[letter]:
            long = unit * draw.uniform(0.8, 1.2) * (3 if sign == "-" else 1)
            line += [1.0] * round(long) + [0.0] * round(unit)
        line += [0.0] * round(2 * unit)
    return np.array(line) + 0.2 * draw.normal(size=len(line))


def messages(count):
    """Return keyed messages of 3 to 6 letters, and their texts."""
    texts = [
        "".join(draw.choice(list(CODE), draw.integers(3, 7))) for _ in range(count)
    ]
    return [keyed(text) for text in texts], texts


count = int(sys.argv[1]) if len(sys.argv) > 1 else 600
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 30
reader = elman.SequenceTranscriber(
    hidden_size=48, epochs=epochs, learning_rate=0.01, refit=False, progress=True
)
reader.fit(*messages(count))
lines, texts = messages(100)
print(f"{1 - reader.score(lines, texts):.1%} of the letters of others are wrong")
for text, found in zip(texts[:5], reader.transcribe(lines[:5]), strict=True):
    print(f"{text:>8}  {found.text:>8}  probability {np.exp(found.log_prob):.2f}")
