"""What a step may do besides: clip, accumulate, disturb, average, halve."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import Callback, Rows, TrainingSettings, evaluate, train
from elman.training.step import _precision as precision
from elman.training.step._averaging import Average
from elman.training.step._clipping import RECENT, Clip
from elman.training.step._weight_noise import WeightNoise
from lines import line, linear, mse
from tolerance import assert_close


def with_gradients(*values):
    parameters = [nn.Parameter(torch.zeros(len(v))) for v in values]
    for p, v in zip(parameters, values, strict=True):
        p.grad = torch.tensor(v)
    return parameters


def test_clip_by_norm_is_torchs_bit_for_bit():
    draw = torch.Generator().manual_seed(0)
    values = [torch.randn(7, generator=draw).tolist() for _ in range(3)]
    ours, theirs = with_gradients(*values), with_gradients(*values)
    norm = Clip(norm=0.5)(ours)
    assert norm == float(nn.utils.clip_grad_norm_(theirs, 0.5))
    for a, b in zip(ours, theirs, strict=True):
        assert torch.equal(a.grad, b.grad)


def test_clip_by_value_comes_first_and_the_norm_is_the_one_before():
    (p,) = with_gradients([3.0, -0.5, -30.0])
    assert Clip(value=1.0)([p]) == pytest.approx(math.sqrt(9.25 + 900))
    assert p.grad.tolist() == [1.0, -0.5, -1.0]
    (p,) = with_gradients([3.0, 0.0, -30.0])
    Clip(norm=0.1, value=1.0)([p])
    assert float(p.grad.norm()) == pytest.approx(0.1, rel=1e-4)


def test_without_a_limit_nothing_changes():
    (p,) = with_gradients([3.0, -40.0])
    assert Clip()([p]) == pytest.approx(math.hypot(3, 40))
    assert p.grad.tolist() == [3.0, -40.0]
    assert Clip(norm="auto")(with_gradients([0.0])) == 0.0


def test_a_gradient_that_is_not_finite_is_told_and_left():
    clip = Clip(norm="auto")
    (p,) = with_gradients([math.nan, 1.0])
    assert math.isnan(clip([p]))
    assert p.grad[1] == 1.0
    assert not clip.recent


def test_the_automatic_limit_is_a_percentile_of_the_recent_norms():
    clip = Clip(norm="auto", percentile=30.0)
    norms = np.random.default_rng(0).lognormal(size=RECENT + 50)
    for i, norm in enumerate(norms):
        (p,) = with_gradients([float(norm)])
        clip([p])
        window = norms[max(0, i + 1 - RECENT) : i + 1].astype(np.float32)
        assert clip.limit == pytest.approx(np.percentile(window, 30.0), rel=1e-6)
        assert float(p.grad) == pytest.approx(min(norm, clip.limit), rel=1e-4)
    twin = Clip(norm="auto", percentile=30.0)
    twin.load_state_dict(clip.state_dict())
    for c in (clip, twin):
        c(with_gradients([2.0]))
    assert clip.limit == twin.limit


@pytest.mark.parametrize("parts", [2, 3, 16, 40])
def test_accumulated_parts_make_the_whole_step(parts):
    """Sixteen rows and a rest of fifteen, divided unevenly."""
    data = line(31)
    data = Rows(data.inputs[0].double(), data.target.double())
    found = []
    for accumulate in (1, parts):
        settings = TrainingSettings(
            epochs=2, batch_size=16, learning_rate=0.05, accumulate=accumulate
        )
        module = linear().double()
        result = train(module, mse, data, None, settings)
        found.append((module.weight.detach(), result.history[2]["loss"]))
    assert_close(found[1][0], found[0][0], summands=16, steps=4 * 16)
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-12)


def test_weight_noise_disturbs_matrices_and_restores_every_bit():
    torch.manual_seed(0)
    module = elman.GRU(30, 40)
    module.weight_ih_l0.requires_grad_(False)
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    with WeightNoise(module, 0.1).during():
        for name, p in module.named_parameters():
            moved = p.detach() - before[name]
            if name == "weight_hh_l0":
                # Deviation of 4800 draws, within four of its own.
                assert abs(float(moved.std()) - 0.1) < 4 * 0.1 / math.sqrt(2 * 4800)
            else:
                assert not moved.any()
    for name, p in module.named_parameters():
        assert torch.equal(p, before[name])


def test_the_gradient_is_taken_at_the_noisy_weights():
    """For a quadratic it is off by the noise times the curvature."""
    weight = nn.Parameter(torch.zeros(50, 50))
    module = nn.Module()
    module.weight = weight
    torch.manual_seed(1)
    with WeightNoise(module, 0.5).during():
        (weight**2).sum().backward()
    torch.manual_seed(1)
    noise = 0.5 * torch.randn(50, 50)
    assert torch.equal(weight.grad, 2 * noise)
    assert not weight.any()


class Weights(Callback):
    """The weight of a linear module after every step, and as judged."""

    def __init__(self):
        self.steps, self.judged = [], []

    def on_step(self, state):
        self.steps.append(state.module.weight.detach().clone())

    def on_epoch(self, state):
        self.judged.append(state.module.weight.detach().clone())


def averaged(**choice):
    module, seen = linear(), Weights()
    settings = TrainingSettings(
        epochs=5, batch_size=16, learning_rate=0.1, patience=None, **choice
    )
    held_out = line(seed=1)
    result = train(module, mse, line(), held_out, settings, [seen])
    return module, seen, result, held_out


def test_ema_is_judged_kept_and_returned_and_training_goes_on_beside_it():
    module, seen, result, held_out = averaged(average="ema", average_decay=0.9)
    plain = averaged()[1]
    assert all(torch.equal(a, b) for a, b in zip(seen.steps, plain.steps, strict=True))
    mean = linear().weight.detach()
    for n, weight in enumerate(plain.steps):
        d = min(0.9, (1 + n) / (10 + n))
        mean = d * mean + (1 - d) * weight
        if n % 3 == 2:
            assert torch.allclose(seen.judged[n // 3 + 1], mean, rtol=1e-5)
    assert torch.equal(module.weight, seen.judged[result.best_epoch])
    assert result.history[result.best_epoch]["validation_loss"] == evaluate(
        module, mse, held_out
    )


def test_swa_is_the_mean_of_the_last_epochs_ends():
    _, seen, _, _ = averaged(average="swa", average_start=0.4)
    ends = seen.steps[2::3]
    # Epochs 3, 4 and 5 are beyond two fifths of the run.
    for epoch in (1, 2):
        assert torch.equal(seen.judged[epoch], ends[epoch - 1])
    for epoch in (3, 4, 5):
        mean = torch.stack(ends[2:epoch]).mean(0)
        assert torch.allclose(seen.judged[epoch], mean, rtol=1e-6)


def test_without_validation_the_averaged_weights_stay():
    module, seen = linear(), Weights()
    settings = TrainingSettings(epochs=3, learning_rate=0.1, average="ema")
    train(module, mse, line(), None, settings, [seen])
    assert torch.equal(module.weight, seen.judged[-1])
    assert not torch.equal(module.weight, seen.steps[-1])


def test_tied_weights_are_averaged_once_and_named_twice():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    module[1].weight = module[0].weight
    average = Average(module, "ema")
    own = module[0].weight.detach().clone()
    with torch.no_grad():
        module[0].weight.mul_(2.0)
    average.after_step()
    with average.in_place():
        found = average.trained()
        assert found.keys() == module.state_dict().keys()
        assert all(torch.equal(w, 2 * own) for w in found.values())
        assert not torch.equal(module[0].weight, 2 * own)
    assert torch.equal(module[0].weight, 2 * own)
    assert average.trained() == {}


def test_mixed_precision_says_when_the_processor_cannot(monkeypatch):
    monkeypatch.setattr(precision, "bfloat16_works", lambda: False)
    with pytest.raises(InputError, match="set precision='full'"):
        train(linear(), mse, line(), None, TrainingSettings(precision="mixed"))


def test_mixed_precision_runs_products_in_half_where_it_can(monkeypatch):
    """Without matrix products: this runs on every processor."""
    monkeypatch.setattr(precision, "bfloat16_works", lambda: True)
    kinds = set()

    class Seen(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3, 1))

        def forward(self, x):
            kinds.add(torch.is_autocast_enabled("cpu"))
            return (x * self.weight[:, 0]).sum(1, keepdim=True)

    settings = TrainingSettings(precision="mixed", epochs=1)
    result = train(Seen(), mse, line(), None, settings)
    assert kinds == {True}
    assert result.stopped == "epochs"


@pytest.mark.skipif(not precision.bfloat16_works(), reason="no bfloat16 products")
def test_mixed_precision_follows_the_weights_inside_a_block_of_the_callers():
    """Torch keeps narrow copies of weights until the outermost block ends."""
    outcomes = []
    for kind in ("full", "mixed"):
        module = linear()
        settings = TrainingSettings(precision=kind, epochs=20, learning_rate=0.1)
        with torch.autocast("cpu", enabled=False):
            result = train(module, mse, line(), None, settings)
        outcomes.append(result.history[-1]["loss"])
    assert outcomes[1] == pytest.approx(outcomes[0], rel=0.2, abs=1e-3)


def test_the_probe_is_another_process():
    """Whatever it finds, this one lives on."""
    assert precision.bfloat16_works() in (True, False)


def test_nothing_else_changes_the_default_step():
    """Adam on a batch, by hand."""
    module, twin = linear(), linear()
    settings = TrainingSettings(epochs=1, batch_size=48)
    train(module, mse, Rows(line().inputs, line().target), None, settings)
    draw = torch.Generator().manual_seed(1)
    (x,), y = line().take(torch.randperm(48, generator=draw))
    optimizer = torch.optim.Adam(twin.parameters(), lr=1e-3)
    mse(twin(x), y).backward()
    nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
    optimizer.step()
    assert torch.equal(module.weight, twin.weight)
    assert torch.equal(module.bias, twin.bias)
