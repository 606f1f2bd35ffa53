"""The training loop against what it promises."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from elman._errors import InputError
from elman.training import Callback, Rows, Subset, TrainingSettings, train
from lines import linear, mse


class Noted(Rows):
    """Notes which rows are taken."""

    def __init__(self, inputs, target):
        super().__init__(inputs, target)
        self.taken = []

    def take(self, index):
        self.taken.append(index.clone())
        return super().take(index)


def line(n=64, seed=0, slope=2.0):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 3, generator=draw)
    return Noted(x, slope * x.sum(1, keepdim=True) + 1.0)


def weights(module):
    return {k: v.clone() for k, v in module.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


class Recorder(Callback):
    """Keeps what every moment showed."""

    def __init__(self):
        self.moments = []
        self.weights = {}
        self.rates = []
        self.norms = []

    def on_start(self, state):
        self.moments.append("start")

    def on_step(self, state):
        self.moments.append("step")
        self.rates.append(state.learning_rate)
        self.norms.append(state.gradient_norm)

    def on_epoch(self, state):
        self.moments.append("epoch")
        self.weights[state.epoch] = weights(state.module)

    def on_end(self, state):
        self.moments.append("end")


class InterruptAt(Callback):
    def __init__(self, epoch=None, step=None):
        self.epoch, self.step = epoch, step

    def on_step(self, state):
        if self.step == state.step:
            raise KeyboardInterrupt

    def on_epoch(self, state):
        if self.epoch == state.epoch:
            raise KeyboardInterrupt


def test_learns_a_line_and_reports_each_epoch():
    module = linear()
    settings = TrainingSettings(
        epochs=60, batch_size=16, learning_rate=0.1, patience=None, schedule="cosine"
    )
    result = train(module, mse, line(), line(seed=1), settings)
    assert result.stopped == "epochs"
    assert [row["epoch"] for row in result.history] == list(range(61))
    assert result.history[result.best_epoch]["validation_loss"] < 1e-3
    assert result.seconds > 0
    assert set(result.history[1]) == {
        "epoch",
        "step",
        "loss",
        "validation_loss",
        "gradient_norm",
        "learning_rate",
        "seconds",
    }


def test_moments_come_in_order():
    seen = Recorder()
    settings = TrainingSettings(epochs=2, batch_size=32)
    train(linear(), mse, line(64), line(seed=1), settings, [seen])
    epoch = ["step", "step", "epoch"]
    assert seen.moments == ["start", "epoch", *epoch, *epoch, "end"]


def test_holds_the_weights_of_the_best_epoch():
    module, seen = linear(), Recorder()
    # So fast a rate jumps about: the best epoch is neither first nor last.
    settings = TrainingSettings(
        epochs=12, batch_size=8, learning_rate=0.9, patience=None, clip_norm=None
    )
    result = train(module, mse, line(), line(seed=1), settings, [seen])
    losses = [row["validation_loss"] for row in result.history]
    assert result.best_epoch == losses.index(min(losses))
    assert 0 < result.best_epoch < 12
    assert same(weights(module), seen.weights[result.best_epoch])


def test_the_untrained_module_counts_as_epoch_0():
    """Where training only harms, the module stays as it came."""
    module = linear()
    before = weights(module)
    wrong = line(seed=1, slope=-2.0)
    wrong.target = module(*wrong.inputs).detach()
    settings = TrainingSettings(epochs=9, patience=3, learning_rate=0.1)
    result = train(module, mse, line(), wrong, settings)
    assert result.best_epoch == 0
    assert result.stopped == "patience"
    assert len(result.history) == 1 + 3
    assert same(weights(module), before)


def test_a_start_drawn_by_chance_is_not_kept():
    """Of epochs that are all worse than the start the best one's weights stay."""
    module, seen = linear(), Recorder()
    before = weights(module)
    wrong = line(seed=1, slope=-2.0)
    wrong.target = module(*wrong.inputs).detach()
    settings = TrainingSettings(
        epochs=9, patience=3, learning_rate=0.1, keep_start=False
    )
    result = train(module, mse, line(), wrong, settings, [seen])
    losses = [row["validation_loss"] for row in result.history]
    assert min(losses) == losses[0]
    assert result.best_epoch == 1 + losses[1:].index(min(losses[1:]))
    assert same(weights(module), seen.weights[result.best_epoch])
    assert not same(weights(module), before)


def test_patience_counts_from_the_best_epoch():
    settings = TrainingSettings(
        epochs=200, batch_size=8, learning_rate=0.5, patience=4, clip_norm=None
    )
    result = train(linear(), mse, line(), line(seed=1), settings)
    assert result.stopped == "patience"
    assert result.history[-1]["epoch"] == result.best_epoch + 4


@pytest.mark.parametrize("validation", [None, Rows(torch.zeros(0, 3), torch.zeros(0))])
def test_without_validation_the_last_weights_stay(validation):
    module, seen = linear(), Recorder()
    settings = TrainingSettings(epochs=4, patience=1)
    result = train(module, mse, line(), validation, settings, [seen])
    assert (result.stopped, result.best_epoch) == ("epochs", 4)
    assert math.isnan(result.history[2]["validation_loss"])
    assert same(weights(module), seen.weights[4])


def test_equal_seeds_give_equal_bits_and_others_do_not():
    def run(seed):
        torch.manual_seed(0)
        module = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
        settings = TrainingSettings(epochs=3, batch_size=8, seed=seed)
        result = train(module, mse, line(), line(seed=1), settings)
        rows = [{**row, "seconds": 0} for row in result.history[1:]]
        return weights(module), rows

    first, again, other = run(5), run(5), run(6)
    assert same(first[0], again[0])
    assert first[1] == again[1]
    assert not same(first[0], other[0])


def test_order_depends_on_seed_and_epoch_alone():
    """What came before in the process, or an earlier stop, changes no order."""
    settings = TrainingSettings(epochs=3, batch_size=16, patience=None)
    examples, later = line(), line()
    train(linear(), mse, examples, None, settings)
    torch.randn(99)
    train(linear(3), mse, later, None, settings)
    assert all(map(torch.equal, examples.taken, later.taken))
    epochs = [torch.cat(examples.taken[i : i + 4]) for i in (0, 4, 8)]
    for order in epochs:
        assert torch.equal(order.sort().values, torch.arange(64))
    assert not torch.equal(epochs[0], epochs[1])


def test_global_random_state_is_left_alone():
    torch.manual_seed(11)
    before = torch.random.get_rng_state()
    module = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    torch.random.set_rng_state(before)
    train(module, mse, line(), line(seed=1), TrainingSettings(epochs=2))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_clipping_bounds_the_step_and_reports_the_norm_before():
    """With plain descent, a step is rate × gradient: its length shows the clip."""
    examples = line(16)
    examples.target *= 1000.0
    limit, rate = 0.25, 0.01

    def step(clip_norm):
        module, seen = linear(), Recorder()
        before = nn.utils.parameters_to_vector(module.parameters()).detach().clone()
        settings = TrainingSettings(
            epochs=1,
            batch_size=16,
            optimizer="sgd",
            learning_rate=rate,
            clip_norm=clip_norm,
        )
        train(module, mse, examples, None, settings, [seen])
        after = nn.utils.parameters_to_vector(module.parameters()).detach()
        return (after - before).norm().item(), seen.norms[0]

    free, norm = step(None)
    clipped, reported = step(limit)
    assert norm > 100
    assert reported == norm
    # One float32 rounding in each of the weights, of order 1, bounds the error.
    eps = torch.finfo(torch.float32).eps
    assert free == pytest.approx(rate * norm, rel=1e-4)
    assert abs(clipped - rate * limit) < 4 * eps


def test_small_gradients_are_not_scaled_up():
    def run(clip_norm):
        module = linear()
        settings = TrainingSettings(epochs=1, optimizer="sgd", clip_norm=clip_norm)
        train(module, mse, line(), None, settings)
        return weights(module)

    assert same(run(None), run(1e6))


@pytest.mark.parametrize("at", [{"epoch": 2}, {"step": 5}])
def test_interruption_keeps_the_best_weights(at):
    module, seen = linear(), Recorder()
    settings = TrainingSettings(epochs=9, batch_size=32, learning_rate=0.05)
    result = train(
        module, mse, line(), line(seed=1), settings, [seen, InterruptAt(**at)]
    )
    assert result.stopped == "interrupted"
    assert result.best_epoch == 2
    assert [row["epoch"] for row in result.history] == [0, 1, 2]
    assert same(weights(module), seen.weights[2])
    assert seen.moments[-1] == "end"


def test_interruption_before_the_first_epoch_ends():
    module = linear()
    before = weights(module)
    result = train(
        module, mse, line(), line(seed=1), TrainingSettings(), [InterruptAt(step=1)]
    )
    assert (result.stopped, result.best_epoch) == ("interrupted", 0)
    assert same(weights(module), before)


def test_interruption_without_validation_keeps_the_last_weights():
    module, seen = linear(), Recorder()
    settings = TrainingSettings(epochs=9, batch_size=32)
    result = train(module, mse, line(), None, settings, [seen, InterruptAt(epoch=3)])
    assert (result.stopped, result.best_epoch) == ("interrupted", 3)
    assert same(weights(module), seen.weights[3])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_divergence_stops_with_the_best_weights(bad):
    module, seen = linear(), Recorder()
    calls = []

    def loss(output, target):
        calls.append(0)
        value = mse(output, target)
        return value * bad if len(calls) > 10 and output.requires_grad else value

    settings = TrainingSettings(epochs=50, batch_size=32, learning_rate=0.05)
    result = train(module, loss, line(), line(seed=1), settings, [seen])
    assert result.stopped == "diverged"
    assert result.best_epoch >= 1
    assert same(weights(module), seen.weights[result.best_epoch])
    assert all(torch.isfinite(v).all() for v in weights(module).values())
    assert seen.moments[-1] == "end"


def test_a_gradient_that_is_not_finite_is_no_step():
    module = linear()
    before = weights(module)

    def loss(output, target):
        # The value is fine; the derivative of a root at zero is not.
        return mse(output, target) + (output * 0).abs().sqrt().sum()

    result = train(module, loss, line(), None, TrainingSettings())
    assert result.stopped == "diverged"
    assert same(weights(module), before)


def test_cosine_falls_from_the_rate_to_zero():
    seen = Recorder()
    settings = TrainingSettings(
        epochs=5, batch_size=16, learning_rate=0.2, schedule="cosine", patience=None
    )
    train(linear(), mse, line(64), None, settings, [seen])
    total = 5 * 4
    expected = [0.1 * (1 + math.cos(math.pi * s / total)) for s in range(total)]
    assert seen.rates == pytest.approx(expected, rel=1e-14)


def test_constant_rate():
    seen = Recorder()
    train(linear(), mse, line(), None, TrainingSettings(epochs=2), [seen])
    assert set(seen.rates) == {1e-3}


def test_no_examples_is_an_error():
    with pytest.raises(InputError, match="no training examples"):
        train(linear(), mse, Subset(line(), torch.arange(0)), None, TrainingSettings())


def test_callbacks_end_also_on_an_error():
    seen = Recorder()

    def broken(output, target):
        raise RuntimeError("broken loss")

    with pytest.raises(RuntimeError, match="broken loss"):
        train(linear(), broken, line(), None, TrainingSettings(), [seen])
    assert seen.moments == ["start", "epoch", "end"]


def test_subset_renumbers():
    examples = line()
    part = Subset(examples, torch.tensor([5, 3, 60]))
    (x,), y = part.take(torch.tensor([2, 0]))
    assert len(part) == 3
    assert torch.equal(x, examples.inputs[0][[60, 5]])
    assert torch.equal(y, examples.target[[60, 5]])


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_learns_where_the_caller_records_no_gradients(mode):
    plain, module = linear(), linear()
    settings = TrainingSettings(epochs=2)
    train(plain, mse, line(), None, settings)
    with mode():
        train(module, mse, line(), None, settings)  # the examples are made inside
    assert same(weights(module), weights(plain))
