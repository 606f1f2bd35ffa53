"""The learning-rate finder against problems whose best rates are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import Rows, Streams, TrainingSettings, find_learning_rate
from elman.training.tune._find_rate import BELOW_LOWEST, judged

PLAIN = TrainingSettings(optimizer="descent", batch_size="all", clip_norm=None)


def quadratic(curvature):
    """Descent on ½ λ |w - w*|² diverges at rates above 2 / λ and not below."""
    torch.manual_seed(0)
    module = nn.Linear(4, 1, bias=False, dtype=torch.float64)
    x = torch.eye(4, dtype=torch.float64) * math.sqrt(2 * curvature)
    return module, Rows(x, torch.ones(4, 1, dtype=torch.float64))


mse = nn.functional.mse_loss


@pytest.mark.parametrize("curvature", [0.02, 1.0, 50.0])
def test_on_a_quadratic_the_suggestion_is_a_fixed_share_of_where_descent_breaks(
    curvature,
):
    found = find_learning_rate(*with_loss(quadratic(curvature)), PLAIN, largest=1e4)
    breaks = 2 / curvature
    # The loss is lowest where steps begin to overshoot, 2/λ, but for the few steps
    # that the rates then need to undo what the earlier ones gained.
    assert 0.5 < found.lowest / breaks < 2.5
    assert found.suggested == found.lowest / BELOW_LOWEST
    assert found.between == (found.suggested, found.suggested)
    assert len(found.rates) < 100
    assert not found.still_falling


def with_loss(case):
    module, examples = case
    return module, mse, examples


def test_changes_are_those_of_a_loop_written_out():
    module, examples = quadratic(1.0)
    (x,) = examples.inputs
    found = find_learning_rate(
        module, mse, examples, PLAIN, smallest=1e-3, largest=1.0, steps=10, sweeps=1
    )
    w, start = module.weight.detach().clone(), None
    for s in range(10):
        w.requires_grad_()
        loss = mse(x @ w.T, examples.target)
        start = loss.item() if start is None else start
        w = w.detach() - 1e-3 * 1000 ** (s / 9) * torch.autograd.grad(loss, w)[0]
        after = mse(x @ w.T, examples.target).item()
        assert found.sweeps[0][s] == pytest.approx(after - start, rel=1e-12)
    assert found.start == pytest.approx(start)


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = elman.GRU(1, 4, batch_first=True)
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 1))

    def forward(self, x):
        return self.head(self.norm(self.rnn(x)[0][:, -1]))


def test_module_optimiser_and_random_states_are_left_alone():
    torch.manual_seed(0)
    module = Noisy().eval()
    examples = Rows(torch.randn(40, 5, 1), torch.randn(40, 1))
    before = {k: v.clone() for k, v in module.state_dict().items()}
    random, numpy = torch.get_rng_state(), np.random.get_state()[1].copy()
    settings = TrainingSettings(batch_size=8, weight_noise=0.1, average="ema")
    one = find_learning_rate(module, mse, examples, settings, steps=12, sweeps=2)
    assert torch.equal(random, torch.get_rng_state())
    assert (np.random.get_state()[1] == numpy).all()
    assert not module.training
    assert all(p.grad is None for p in module.parameters())
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])
    again = find_learning_rate(module, mse, examples, settings, steps=12, sweeps=2)
    assert one == again
    # The same batch and the same masks: what hardly trains has hardly changed.
    assert all(abs(sweep[0]) < 1e-4 for sweep in one.sweeps)


def test_what_cannot_be_learned_has_no_rate():
    torch.manual_seed(0)
    examples = Rows(torch.randn(4000, 3), torch.randn(4000, 1))
    module = nn.Linear(3, 1)
    nn.init.zeros_(module.weight)
    nn.init.zeros_(module.bias)
    settings = TrainingSettings(batch_size=4)
    found = find_learning_rate(module, mse, examples, settings)
    assert found.suggested is None
    assert str(found).startswith("no rate up to")


def test_noise_of_batches_widens_the_error():
    module, _ = quadratic(1.0)
    torch.manual_seed(0)
    x = torch.randn(256, 4, dtype=torch.float64)
    y = x.sum(1, keepdim=True)
    errors = []
    for noise in (0.0, 5.0):
        examples = Rows(x, y + noise * torch.randn(256, 1, dtype=torch.float64))
        settings = TrainingSettings(optimizer="descent", batch_size=4)
        errors.append(find_learning_rate(module, mse, examples, settings).error)
    assert errors[1] > 3 * errors[0]


def test_a_sweep_that_ends_too_early_says_so():
    found = find_learning_rate(*with_loss(quadratic(1.0)), PLAIN, largest=0.01)
    assert found.still_falling
    assert "raise largest" in str(found)


def test_streams_carry_their_state():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = elman.RNN(1, 4, batch_first=True)
            self.seen = []

        def forward(self, x, state=None):
            SEEN.append(state is None)
            y, state = self.rnn(x, state)
            return y.sum(-1, keepdim=True), state

    SEEN = []
    torch.manual_seed(0)
    x = torch.randn(400, 1)
    streams = Streams(x, x.roll(1, 0), rows=4, steps=10)
    found = find_learning_rate(Last(), mse, streams, steps=30, sweeps=1)
    assert found.suggested is not None
    assert sum(SEEN) == 2 * 4  # an epoch has ten chunks; 31 are four epochs


def test_synthetic_curves():
    """A valley at 10^-2, with noise; one sweep breaks off early."""
    rates = [10 ** (-6 + 7 * s / 99) for s in range(100)]
    place = np.log10(rates)
    valley = -np.exp(-0.5 * ((place + 2) / 0.8) ** 2)
    draw = np.random.default_rng(0)
    runs = [(valley + 0.05 * draw.normal(size=100)).tolist() for _ in range(4)]
    runs[2] = runs[2][:80]
    found = judged(rates, runs, 1.0)
    assert len(found.rates) == 80
    assert found.lowest == pytest.approx(1e-2, rel=0.6)
    assert found.between[0] <= found.suggested <= found.between[1]
    flat = judged(rates, (0.05 * draw.normal(size=(4, 100))).tolist(), 1.0)
    assert flat.suggested is None


@pytest.mark.parametrize("kind", [".svg", ".png"])
def test_the_plot(tmp_path, kind):
    found = find_learning_rate(*with_loss(quadratic(1.0)), PLAIN, sweeps=1)
    path = found.save_plot(tmp_path / f"rates{kind}")
    if kind == ".svg":
        text = path.read_text()
        assert f"> {found.suggested:.2g}<" in text
        assert ">learning rate<" in text
        once = path.read_bytes()
        assert found.save_plot(path).read_bytes() == once
    else:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_what_does_not_fit_says_so(tmp_path):
    module, _, examples = case = with_loss(quadratic(1.0))
    with pytest.raises(InputError, match="largest must be above smallest"):
        find_learning_rate(*case, largest=1e-7)
    with pytest.raises(InputError, match="steps must be at least 10"):
        find_learning_rate(*case, steps=9)
    bound = TrainingSettings(optimizer=torch.optim.SGD(module.parameters(), 0.1))
    with pytest.raises(InputError, match="holds the module's own weights"):
        find_learning_rate(*case, bound)
    bad = Rows(examples.inputs, examples.target * math.nan)
    with pytest.raises(InputError, match="not finite before any training"):
        find_learning_rate(module, mse, bad)
    with pytest.raises(InputError, match="no training examples"):
        find_learning_rate(module, mse, Rows(torch.zeros(0, 4), torch.zeros(0, 1)))
    found = find_learning_rate(*case, PLAIN, steps=10, sweeps=1)
    with pytest.raises(InputError, match=r"one of \.svg, \.png, \.pdf"):
        found.save_plot(tmp_path / "rates.txt")
    module.lock = (i for i in range(3))
    with pytest.raises(InputError, match="cannot be copied"):
        find_learning_rate(*case)


def test_gradients_are_recorded_where_the_caller_records_none():
    plain = find_learning_rate(*with_loss(quadratic(1.0)), PLAIN)
    case = with_loss(quadratic(1.0))
    with torch.inference_mode():
        found = find_learning_rate(*case, PLAIN)
    assert found.suggested == plain.suggested
