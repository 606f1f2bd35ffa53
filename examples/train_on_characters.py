"""A character model by truncated backpropagation, and some text it writes.

python examples/train_on_characters.py TEXT.txt [EPOCHS]
"""

import math
import sys
from pathlib import Path

import torch

import elman
from elman.training import Progress, Streams, TrainingSettings, train

text = Path(sys.argv[1]).read_text(encoding="utf-8")
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
alphabet = sorted(set(text))
codes = torch.tensor([alphabet.index(letter) for letter in text])


class Characters(torch.nn.Module):
    """The next character from all before: embedding, LSTM, linear layer."""

    def __init__(self, size):
        super().__init__()
        self.embed = torch.nn.Embedding(size, 32)
        self.rnn = elman.LSTM(32, 192, batch_first=True)
        self.out = torch.nn.Linear(192, size)

    def forward(self, codes, state=None):  # noqa: D102
        y, state = self.rnn(self.embed(codes), state)
        return self.out(y), state


def loss(output, target):
    """Return nats a character."""
    return torch.nn.functional.cross_entropy(output.flatten(0, 1), target.flatten())


def streams(codes, rows):
    """Return streams whose target is the next character."""
    return Streams(codes[:-1], codes[1:], rows=rows, steps=64, random_lengths=True)


torch.manual_seed(0)
module = Characters(len(alphabet))
cut = len(codes) * 9 // 10
result = train(
    module,
    loss,
    streams(codes[:cut], rows=32),
    streams(codes[cut:], rows=8),
    TrainingSettings(epochs=epochs, learning_rate=4e-3, schedule="cosine", warm_up=20),
    [Progress()],
)
best = result.history[result.best_epoch]["validation_loss"]
print(f"{best / math.log(2):.3f} bits a character on the held-out end")

letter, state, written = codes[cut : cut + 1], None, ""
with torch.no_grad():
    for _ in range(300):
        output, state = module(letter[None], state)
        letter = torch.multinomial(output[0, 0].softmax(-1), 1)
        written += alphabet[int(letter)]
print(written)
