"""Norms, noise scale and update ratios, against what they must be by design."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from elman import InputError
from elman.diagnosis import gradient_statistics
from elman.diagnosis.measure._noise import noise_of


class Mean(nn.Module):
    """Loss ⟨θ, x̄⟩ has the gradient x̄: the batch is its own oracle."""

    def __init__(self, width):
        super().__init__()
        self.theta = nn.Parameter(torch.ones(width, dtype=torch.float64))

    def forward(self, x):
        return x @ self.theta


def dot(output, _):
    return output.mean()


def batches(count, rows, mean, std, seed=0):
    generator = torch.Generator().manual_seed(seed)
    draw = torch.randn(count, rows, len(mean), generator=generator, dtype=torch.float64)
    return [(mean + std * x, x) for x in draw]


def test_norms_and_quantiles_are_numpys():
    given = batches(20, 4, torch.tensor([1.0, -2.0, 0.5]).double(), 1.0)
    found = gradient_statistics(Mean(3), given, dot, clip_norm=2.2)
    norms = np.array([float(x.mean(0).norm()) for x, _ in given])
    assert found.norms == pytest.approx(norms, rel=1e-15)
    assert [found.median, found.p90, found.p99] == pytest.approx(
        np.quantile(norms, [0.5, 0.9, 0.99]), rel=1e-15
    )
    assert found.spread == pytest.approx(norms.max() / np.median(norms), rel=1e-15)
    assert found.clipped == np.mean(norms > 2.2)
    assert (found.batch_size, found.nonfinite) == (4, 0)


def test_noise_scale_is_unbiased():
    """Rows N(μ, σ²I): tr(Σ) = Pσ² and ‖ḡ‖² = ‖μ‖², both hit on average."""
    width, std, rows, repeats = 5, 2.0, 3, 400
    mean = torch.full((width,), 0.3, dtype=torch.float64)
    found = []
    for seed in range(repeats):
        gradients = [x.mean(0) for x, _ in batches(8, rows, mean, std, seed)]
        noise = noise_of(gradients, rows)
        found.append((noise.signal, noise.variance))
    average = np.mean(found, 0)
    error = np.std(found, 0) / math.sqrt(repeats)
    want = [float(mean @ mean), width * std**2]
    assert (abs(average - want) <= 4 * error).all()  # one in 16 000 misses


def test_noise_scale_and_its_error():
    mean = torch.full((50,), 1.0, dtype=torch.float64)
    scales, errors = [], []
    for seed in range(60):
        found = gradient_statistics(Mean(50), batches(16, 4, mean, 1.5, seed), dot)
        scales.append(found.noise_scale)
        errors.append(found.noise_error)
    want = 1.5**2  # 50 · 1.5² / 50
    assert np.mean(scales) == pytest.approx(want, abs=4 * np.std(scales) / 60**0.5)
    # The jackknife's error is that of the estimates, to the accuracy of 60 of them
    # (relative 1/sqrt(2 · 59) = 9 %) and of the jackknife's own (over 16: 18 %).
    assert np.mean(errors) == pytest.approx(np.std(scales), rel=0.4)


def test_pure_noise_has_no_scale():
    lost = 0
    for seed in range(40):
        found = gradient_statistics(
            Mean(4), batches(10, 4, torch.zeros(4).double(), 1.0, seed), dot
        )
        lost += math.isinf(found.noise_scale)
        assert found.to_dict()["noise_scale"] is None or found.noise_scale > 0
    assert lost >= 36  # two standard errors: 2.5 % pass, here at most one in ten


def test_one_batch_is_split_into_parts():
    x = torch.randn(64, 3, dtype=torch.float64)
    found = gradient_statistics(Mean(3), [(x, x)], dot)
    assert len(found.norms) == 16
    assert found.batch_size == 4
    want = [float(part.mean(0).norm()) for part in x.split(4)]
    assert found.norms == pytest.approx(want, rel=1e-15)
    variance = float(x.var(0).sum())  # by rows; ours by parts: 15 of 63 degrees
    assert found.noise == pytest.approx(variance, rel=4 * math.sqrt(2 / (15 * 3)))


OPTIMISERS = {
    "sgd": (lambda p: torch.optim.SGD(p, lr=0.1), 0.1),
    "adam": (lambda p: torch.optim.Adam(p, lr=0.01), None),
}


def test_update_ratio_of_sgd_is_its_definition():
    model = Mean(3)
    given = batches(3, 4, torch.tensor([1.0, -2.0, 0.5]).double(), 0.1)
    gradient = given[0][0].mean(0)
    size = float(model.theta.detach().norm())
    for optimizer in (
        lambda p: torch.optim.SGD(p, lr=0.1),
        torch.optim.SGD(model.parameters(), lr=0.1),
    ):
        found = gradient_statistics(model, given, dot, optimizer=optimizer)
        want = 0.1 * float(gradient.norm()) / size
        assert found.updates == {"theta": pytest.approx(want, rel=1e-12)}
    clipped = gradient_statistics(
        model, given, dot, optimizer=lambda p: torch.optim.SGD(p, lr=0.1), clip_norm=0.5
    )
    # clip_grad_norm_ divides by norm + 1e-6.
    assert clipped.updates["theta"] == pytest.approx(0.1 * 0.5 / size, rel=1e-6)


def test_adams_first_step_is_its_rate_in_every_weight():
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 1))
    x, y = torch.randn(32, 4), torch.randn(32, 1)
    found = gradient_statistics(
        model,
        [(x, y)],
        nn.functional.mse_loss,
        optimizer=lambda p: torch.optim.Adam(p, lr=1e-2, eps=0.0),
    )
    for name, p in model.named_parameters():
        want = 1e-2 * math.sqrt(p.numel()) / float(p.detach().norm())
        assert found.updates[name] == pytest.approx(want, rel=1e-4)  # float32 weights


def test_nothing_of_the_model_or_the_optimiser_changes():
    model = nn.GRU(3, 4, batch_first=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    x = torch.randn(8, 5, 3)

    def loss(y, t):
        return (y[0] - t).square().mean()

    target = torch.randn(8, 5, 4)
    for _ in range(2):
        optimizer.zero_grad()
        loss(model(x), target).backward()
        optimizer.step()
        schedule.step()
    before = copy.deepcopy(
        (
            model.state_dict(),
            optimizer.state_dict(),
            [p.grad for p in model.parameters()],
        )
    )
    random = torch.get_rng_state()
    found = gradient_statistics(model, [(x, target)], loss, optimizer=optimizer)
    after = (
        model.state_dict(),
        optimizer.state_dict(),
        [p.grad for p in model.parameters()],
    )
    assert str(before) == str(after)
    assert torch.equal(random, torch.get_rng_state())
    assert set(found.updates) == {n for n, _ in model.named_parameters()}
    optimizer.step()  # and it still works on its own weights
    assert str(before[0]) != str(model.state_dict())


def test_batches_that_are_not_finite_are_counted():
    given = batches(5, 4, torch.ones(3).double(), 0.1)
    given[2][0][0] = math.nan
    found = gradient_statistics(Mean(3), given, dot, clip_norm=100.0)
    assert found.nonfinite == 1
    assert found.clipped == 0.2
    assert math.isfinite(found.noise_scale)


def test_sparse_gradients_count():
    model = nn.Sequential(nn.Embedding(10, 3, sparse=True), nn.Linear(3, 1))
    given = [(torch.randint(10, (4,)), torch.zeros(4, 1)) for _ in range(3)]
    assert gradient_statistics(model, given, nn.functional.mse_loss).median > 0


def test_what_cannot_be_measured():
    with pytest.raises(InputError, match="batches: got none"):
        gradient_statistics(Mean(3), [], dot)
    frozen = Mean(3).requires_grad_(False)
    with pytest.raises(InputError, match="no weight needs a gradient"):
        gradient_statistics(frozen, batches(2, 2, torch.ones(3).double(), 1.0), dot)
