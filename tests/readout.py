"""Small networks for the diagnosis: a recurrent layer read out at its last step."""

from __future__ import annotations

from torch import nn


class Last(nn.Module):
    """A batch-first recurrent layer, and one number from its last step."""

    def __init__(self, layer):
        super().__init__()
        self.rnn = layer
        width = layer.hidden_size * (2 if layer.bidirectional else 1)
        self.out = nn.Linear(width, 1)

    def forward(self, x, **more):
        return self.out(self.rnn(x, **more)[0][:, -1])


def net(cell="GRU", width=32, home=nn, **options):
    """Return a batch-first layer of four inputs, torch's or Elman's."""
    return getattr(home, cell)(4, width, batch_first=True, **options)
