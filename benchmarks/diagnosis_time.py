"""How long a full diagnosis takes: two layers of LSTM, H = 128, T = 200, B = 32.

    python benchmarks/diagnosis_time.py

With the Lyapunov exponents, gates, findings, and every remedy made and measured; and
once more with the optimiser's trial steps. Best of three.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

import elman


class Model(nn.Module):
    """Two layers of torch's LSTM, read out at the last step."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(16, 128, 2, batch_first=True)
        self.out = nn.Linear(128, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, 16) → (B, 1)."""
        return self.out(self.rnn(x)[0][:, -1])


def main() -> None:
    """Time both, and print."""
    torch.set_num_threads(2)
    torch.manual_seed(0)
    x, y = torch.randn(32, 200, 16), torch.randn(32, 1)
    elman.diagnose(Model(), x[:4, :9], y[:4], mse_loss)  # imports
    for name, options in {"alone": {}, "with Adam": {"learning_rate": 1e-3}}.items():
        times = []
        for _ in range(3):
            model = Model()
            started = time.perf_counter()
            d = elman.diagnose(model, x, y, mse_loss, **options)
            times.append(time.perf_counter() - started)
        print(
            f"{name}: {min(times):.1f} s, {d.verdict}, {len(d.remedies)} remedies "
            f"measured, best {d.best}"
        )


if __name__ == "__main__":
    main()
