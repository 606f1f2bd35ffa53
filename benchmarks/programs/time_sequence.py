"""Sines continued: what PyTorch's time-sequence-prediction example does, written anew.

Two LSTM cells and a linear layer, a step at a time in float64, fitted to many sines of
random phase by L-BFGS; then the network runs on into the future from its own output.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import LSTMCell


class Sequence(nn.Module):
    """Two cells and a linear layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.first = LSTMCell(1, width)
        self.second = LSTMCell(width, width)
        self.linear = nn.Linear(width, 1)

    def forward(self, series: Tensor, future: int = 0) -> Tensor:
        """Return the next value after each of the series and the future."""
        zeros = series.new_zeros(len(series), self.width)
        a, b = (zeros, zeros), (zeros, zeros)
        found, y = [], series[:, :1]
        for t in range(series.shape[1] + future):
            x = series[:, t : t + 1] if t < series.shape[1] else y
            a = self.first(x, a)
            b = self.second(a[0], b)
            y = self.linear(b[0])
            found.append(y)
        return torch.cat(found, 1)


def sines(series: int, steps: int, period: float) -> Tensor:
    phase = torch.randint(int(-4 * period), int(4 * period), (series, 1))
    return torch.sin((torch.arange(steps) + phase).double() / period)


def run(
    series: int = 100,
    steps: int = 1000,
    width: int = 51,
    epochs: int = 15,
    iterations: int = 20,
    future: int = 1000,
    period: float = 20,
    seed: int = 0,
) -> list[float]:
    """Fit, and return the loss at every evaluation and after every epoch on others."""
    torch.manual_seed(seed)
    data = sines(series, steps, period)
    x, y = data[3:, :-1], data[3:, 1:]
    test_x, test_y = data[:3, :-1], data[:3, 1:]
    model = Sequence(width).double()
    optimiser = torch.optim.LBFGS(model.parameters(), lr=0.8, max_iter=iterations)
    losses: list[float] = []

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(epochs):
        optimiser.step(closure)
        with torch.no_grad():
            ahead = model(test_x, future)
            losses.append(nn.functional.mse_loss(ahead[:, : steps - 1], test_y).item())
            assert not math.isnan(ahead.sum().item())
    return losses
