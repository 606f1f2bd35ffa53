"""Why does a network not learn what happened long ago? Measure, mend, train.

The task: a number is shown at the first step, noise follows, and the number is asked
for at the end. Nothing but a gradient that reaches the first step can teach it.

python examples/diagnose_your_model.py [STEPS]
"""

import copy
import sys

import torch

import elman

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 150
torch.manual_seed(0)


class Recall(torch.nn.Module):
    """A plain GRU and a linear layer on its last state."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(2, 32, batch_first=True)
        self.out = torch.nn.Linear(32, 1)

    def forward(self, x):  # noqa: D102
        return self.out(self.rnn(x)[0][:, -1])


def batch(rows, length=80):
    """Return sequences (rows, length, 2) and the number each began with."""
    x = torch.randn(rows, length, 2) * 0.1
    x[:, 0] = torch.randn(rows, 2)
    x[..., 1] = 0.0
    x[:, 0, 1] = 1.0  # marks the step to remember
    return x, x[:, :1, 0]


def trained(model):
    """Return the mean squared error on new sequences after training."""
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(steps):
        x, y = batch(32)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    x, y = batch(500)
    with torch.no_grad():
        return torch.nn.functional.mse_loss(model(x), y).item()


model = Recall()
found = elman.diagnose(model, *batch(64), torch.nn.functional.mse_loss, needed=80)
print(found)

mended = copy.deepcopy(model)
if found.best == "chrono":
    elman.init.chrono_(mended.rnn, t_max=80)
elif found.best is not None:
    elman.init.apply_(found.best, mended.rnn)
print("guessing the mean   1.000")
print(f"as first built      {trained(model):.3f}")
print(f"with {found.best or 'no remedy':14} {trained(mended):.3f}")
