"""Train a module of your own with Elman's loop: ragged batches, early stopping.

python examples/train_your_own.py [EPOCHS]
"""

import sys

import numpy as np
import torch

import elman
from elman.training import Progress, RaggedSequences, TrainingSettings, train

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
rng = np.random.default_rng(0)


class Sum(torch.nn.Module):
    """The sum of a sequence: an LSTM's last state, and a linear layer."""

    def __init__(self):
        super().__init__()
        self.rnn = elman.LSTM(1, 16, batch_first=True)
        self.out = torch.nn.Linear(16, 1)

    def forward(self, values, lengths):  # noqa: D102
        _, (h, _) = self.rnn(values, lengths=lengths)
        return self.out(h[0])


def examples(count):
    """Return sequences of 5 to 40 steps, and the sum of each."""
    sequences = [rng.normal(size=(rng.integers(5, 41), 1)) for _ in range(count)]
    targets = torch.tensor([[float(s.sum())] for s in sequences])
    return RaggedSequences(sequences, targets)


torch.manual_seed(0)
module = Sum()
result = train(
    module,
    torch.nn.functional.mse_loss,
    examples(400),
    examples(100),
    TrainingSettings(epochs=epochs, learning_rate=1e-2, batch_size=32, patience=5),
    [Progress()],
)
start, best = result.history[0], result.history[result.best_epoch]
print(f"validation loss {start['validation_loss']:.2f} before training")
print(f"validation loss {best['validation_loss']:.2f} in epoch {result.best_epoch}")
