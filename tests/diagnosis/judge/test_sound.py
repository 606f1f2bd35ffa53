"""Sound models get a clean bill: no alarm, whatever the cell, task and optimiser."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot

import elman
from elman import diagnose, init


class Net(nn.Module):
    """A recurrent layer and a linear one, on the last step or on all."""

    def __init__(self, layer, out=1, last=True):
        super().__init__()
        self.rnn, self.last = layer, last
        self.out = nn.Linear(layer.hidden_size * (1 + layer.bidirectional), out)

    def forward(self, x):
        y = self.rnn(x)[0]
        return self.out(y[:, -1] if self.last else y)


def noise(steps, width=4, rows=16):
    return torch.randn(rows, steps, width), torch.randn(rows, 1)


def adding(steps, rows=16):
    numbers, marks = torch.rand(rows, steps), torch.zeros(rows, steps)
    marks[:, steps // 4] = marks[:, 3 * steps // 4] = 1
    return torch.stack([numbers, marks], -1), (numbers * marks).sum(1, keepdim=True)


def symbols(steps, rows=16):
    x = torch.randint(0, 6, (rows, steps + 1))
    return one_hot(x[:, :-1], 6).float(), x[:, 1:]


def waves(steps, rows=16):
    time = torch.arange(steps + 1) + 50 * torch.rand(rows, 1)
    y = torch.sin(0.3 * time).unsqueeze(-1)
    return y[:, :-1], y[:, 1:]


def each(output, target):
    return cross_entropy(output.flatten(0, 1), target.flatten())


def net(cell, inputs=4, width=32, home=nn, **options):
    return getattr(home, cell)(inputs, width, batch_first=True, **options)


ADAM = {"learning_rate": 1e-3}
SGD = {"optimizer": partial(torch.optim.SGD, lr=0.01, momentum=0.9)}

SOUND = {
    "chrono LSTM": lambda: (Net(init.chrono_(net("LSTM"), 100)), noise(100), mse_loss),
    "chrono GRU": lambda: (Net(init.chrono_(net("GRU"), 100)), noise(100), mse_loss),
    "chrono LSTM, adding": lambda: (
        Net(init.chrono_(net("LSTM", 2), 100)), adding(100), mse_loss
    ),
    "two layers of GRU": lambda: (
        Net(init.chrono_(net("GRU", num_layers=2, width=64), 60)), noise(60), mse_loss
    ),
    "forget bias 3": lambda: (
        Net(init.forget_bias_(net("LSTM"), 3.0)), noise(50), mse_loss
    ),
    "torch's GRU, short": lambda: (Net(net("GRU")), noise(8), mse_loss),
    "torch's LSTM, short": lambda: (Net(net("LSTM", width=128)), noise(8), mse_loss),
    "torch's RNN, short": lambda: (Net(net("RNN", width=64)), noise(6), mse_loss),
    "orthogonal tanh": lambda: (Net(init.orthogonal_(net("RNN"))), noise(40), mse_loss),
    "identity ReLU": lambda: (
        Net(init.identity_(net("RNN", nonlinearity="relu"))), noise(80), mse_loss
    ),
    "critical GRU": lambda: (
        Net(init.critical_(net("GRU"), torch.randn(16, 80, 4))), noise(80), mse_loss
    ),
    "bidirectional": lambda: (
        Net(init.chrono_(net("LSTM", bidirectional=True), 40)), noise(40), mse_loss
    ),
    "symbols, every step": lambda: (
        Net(init.chrono_(net("LSTM", 6), 30), 6, False), symbols(30), each
    ),
    "waves, every step": lambda: (
        Net(init.chrono_(net("GRU", 1), 40), 1, False), waves(40), mse_loss
    ),
    "sparse counts": lambda: (
        Net(init.chrono_(net("GRU", 1), 40)),
        (torch.poisson(torch.full((16, 40, 1), 0.3)), torch.rand(16, 1)),
        mse_loss,
    ),
    "inputs off centre": lambda: (
        Net(init.chrono_(net("GRU"), 40)),
        (2.0 + torch.randn(16, 40, 4), torch.rand(16, 1)),
        mse_loss,
    ),
    "no bias": lambda: (
        Net(init.critical_(net("RNN", bias=False), torch.randn(16, 60, 4))),
        noise(60), mse_loss,
    ),
    "Elman's own sigmoid, short": lambda: (
        Net(init.orthogonal_(net("RNN", home=elman, nonlinearity="sigmoid"), 4.0)),
        noise(4), mse_loss,
    ),
    "dropout": lambda: (
        Net(init.chrono_(net("LSTM", num_layers=2, dropout=0.3), 40)),
        noise(40), mse_loss,
    ),
}  # fmt: skip


@pytest.mark.parametrize("training", [ADAM, SGD], ids=["Adam", "SGD"])
@pytest.mark.parametrize("what", SOUND)
def test_no_alarm(what, training):
    model, (x, y), loss = SOUND[what]()
    d = diagnose(model, x, y, loss, clip_norm=5.0, **training)
    alarms = [f for f in d.findings if f.severity != "note"]
    assert not alarms, [(f.name, f.evidence) for f in alarms]
    assert (d.verdict, d.remedies) == ("healthy", [])


@pytest.mark.parametrize("seed", range(10))
def test_no_alarm_for_ten_draws(seed):
    torch.manual_seed(100 + seed)
    cell = ("GRU", "LSTM")[seed % 2]
    model = Net(init.chrono_(net(cell, width=16 + 7 * seed), 30 + 10 * seed))
    d = diagnose(model, *noise(30 + 10 * seed), mse_loss, learning_rate=2e-3)
    assert [f.evidence for f in d.findings] == []
