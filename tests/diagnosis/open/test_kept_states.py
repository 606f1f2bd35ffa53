"""Models that keep a state from call to call, their own or a layer's."""

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman.diagnosis import prescribe

B, T, I, H = 5, 12, 3, 6


class Head(nn.Module):
    """What every model here ends with."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(H, 1)

    def ran(self, y):
        return self.out(y[:, -1])


def test_many_rows_and_a_state_of_all_of_them():
    class Own(Head):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(I, H, batch_first=True)
            self.h = torch.zeros(1, 100, H)

        def forward(self, x):
            return self.ran(self.rnn(x, self.h)[0])

    x, y = torch.randn(100, T, I), torch.randn(100, 1)
    assert elman.diagnose(Own(), x, y, mse_loss, remedies=False).rows == 100

    class Stateful(Head):
        def __init__(self):
            super().__init__()
            self.rnn = elman.GRU(I, H, batch_first=True, stateful=True)

        def forward(self, x):
            return self.ran(self.rnn(x)[0])

    model = Stateful()
    with torch.no_grad():
        model(x)
    batches = [(x, y)] * 9
    d = elman.diagnose(
        model, x, y, mse_loss, learning_rate=0.01, batches=batches, remedies=False
    )
    assert d.rows == 100


@pytest.mark.parametrize(
    "options",
    [{"zoneout": 0.2}, {"stateful": True}, {"learn_initial_state": True}],
)
def test_a_prescribed_cell_keeps_the_options(options):
    class Net(Head):
        def __init__(self):
            super().__init__()
            self.rnn = elman.RNN(I, H, batch_first=True, **options)

        def forward(self, x):
            return self.ran(self.rnn(x)[0])

    x, y = torch.randn(B, 60, I), torch.randn(B, 1)
    model = Net()
    model(x)
    carried = model.rnn._carried
    found = prescribe(model, x, y, mse_loss, 60, remedies=("cell",))
    assert model.rnn._carried is carried
    assert found.best is not None
    for name, value in options.items():
        assert getattr(found.model.rnn, name) == value


@pytest.mark.parametrize("backward", [False, True])
def test_a_state_kept_with_its_graph(backward):
    class Kept(Head):
        def __init__(self):
            super().__init__()
            self.rnn, self.state = nn.LSTM(I, H, batch_first=True), None

        def forward(self, x):
            y, self.state = self.rnn(x, self.state)
            return self.ran(y)

    torch.manual_seed(0)
    model = Kept()
    x, y = torch.randn(B, 60, I), torch.randn(B, 1)
    loss = mse_loss(model(x), y)
    if backward:
        loss.backward()
    kept = model.state
    d = elman.diagnose(model, x, y, mse_loss, learning_rate=0.01)
    assert d.verdict == "vanishing"
    assert d.remedies
    assert model.state is kept
    assert kept[0].grad_fn is not None
    model.state = tuple(s.detach() for s in kept)
    assert d.loss == pytest.approx(float(mse_loss(model(x), y).detach()), rel=1e-5)
