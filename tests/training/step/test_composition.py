"""A step is put together: objectives, gradients from outside, weights of examples."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import nn

from elman._errors import InputError
from elman.training import (
    Rows,
    Seen,
    Streams,
    Subset,
    Supervised,
    TrainingSettings,
    Value,
    Weighted,
    WithWeights,
    evaluate,
    find_learning_rate,
    train,
)
from lines import linear, mse
from streamed import nested, series_of


def line(count, seed=0):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 3, generator=draw)
    return Rows(x, 2 * x.sum(1, keepdim=True) + 1)


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


class Distilled:
    """The mean squared distance to what a teacher says of the same inputs."""

    def __init__(self, teacher):
        self.teacher = teacher

    def value(self, module, inputs, target):
        with torch.no_grad():
            told = self.teacher(*inputs)
        return Value(nn.functional.mse_loss(module(*inputs), told))


class PerExample:
    """Each example's gradient, none longer than a bound, and their mean."""

    def __init__(self, setup, bound=0.5):
        self.setup, self.bound = setup, bound
        self.steps = 0

    def parts(self):
        return {"per-example": self}

    def state_dict(self):
        return {"steps": self.steps}

    def load_state_dict(self, state):
        self.steps = state["steps"]

    def begin_epoch(self, epoch):
        pass

    def taken(self):
        self.steps += 1

    def data(self, batch):
        return self.setup.examples.take(batch)

    def add(self, batch):
        parameters = list(self.setup.module.parameters())
        losses = 0.0
        for number in batch.split(1):
            inputs, target = self.setup.examples.take(number)
            loss = self.setup.objective.value(self.setup.module, inputs, target).mean
            found = torch.autograd.grad(loss, parameters)
            norm = torch.stack([g.norm() for g in found]).norm()
            share = min(1.0, self.bound / float(norm)) / len(batch)
            for parameter, gradient in zip(parameters, found, strict=True):
                before = 0.0 if parameter.grad is None else parameter.grad
                parameter.grad = before + gradient * share
            losses += loss.item()
        return Seen(losses / len(batch), float(len(batch)))


SETTINGS = TrainingSettings(
    epochs=3, batch_size=8, learning_rate=0.05, optimizer="descent", clip_norm=None
)


def test_a_loss_is_a_supervised_objective():
    modules = [linear(), linear()]
    for module, what in zip(modules, (mse, Supervised(mse)), strict=True):
        train(module, what, line(40), line(8, seed=1), SETTINGS)
    assert same(*map(weights, modules))
    assert evaluate(modules[0], mse, line(9)) == evaluate(
        modules[0], Supervised(mse), line(9)
    )


@pytest.mark.parametrize("choice", [{}, {"accumulate": 3}, {"optimizer": "adam"}])
def test_an_objective_that_sees_the_inputs(choice):
    """The student learns the teacher, whatever the targets say."""
    teacher = nn.Linear(3, 1)
    settings = TrainingSettings(epochs=60, batch_size=8, learning_rate=0.05, **choice)
    student = linear()
    misleading = Rows(line(64).inputs, torch.full((64, 1), 1e6))
    result = train(student, Distilled(teacher), misleading, misleading, settings)
    assert result.history[-1]["validation_loss"] < 1e-3
    torch.testing.assert_close(student.weight, teacher.weight, rtol=0, atol=0.1)
    assert evaluate(student, Distilled(teacher), misleading) < 1e-3
    rates = find_learning_rate(student, Distilled(student), misleading, sweeps=1)
    assert rates.start == 0.0


def test_an_objective_sees_the_inputs_of_a_stream_as_well():
    series = series_of(20, 17)
    streams = Streams.of(series, rows=2, steps=5, gradient_steps=8)
    seen = []

    class Watching:
        def value(self, module, inputs, target):
            seen.append((inputs[0].shape[1], target.shape[1]))
            return Value(mse(module(*inputs), target))

    modules = [nested(), nested()]
    modules[1].load_state_dict(modules[0].state_dict())
    for module, what in zip(modules, (mse, Watching()), strict=True):
        train(module, what, streams, streams, SETTINGS)
    assert same(*map(weights, modules))
    assert (8, 5) in seen


def test_a_gradient_from_outside():
    """Bounded one by one, by hand and in the loop; its memory is a part."""
    module, by_hand = linear(), linear()
    by_hand.load_state_dict(module.state_dict())
    examples = line(8)
    settings = TrainingSettings(
        epochs=1,
        batch_size="all",
        learning_rate=0.1,
        optimizer="descent",
        clip_norm=None,
    )
    made = []

    def gradient(setup):
        made.append(PerExample(setup))
        return made[0]

    train(module, mse, examples, None, settings, gradient=gradient)
    assert made[0].steps == 1
    inputs, target = examples.take(torch.arange(8))
    total = [torch.zeros_like(p) for p in by_hand.parameters()]
    for i in range(8):
        loss = mse(by_hand(inputs[0][i : i + 1]), target[i : i + 1])
        found = torch.autograd.grad(loss, list(by_hand.parameters()))
        norm = torch.cat([g.flatten() for g in found]).norm()
        for t, g in zip(total, found, strict=True):
            t += g * min(1.0, 0.5 / float(norm)) / 8
    for parameter, gradient_ in zip(by_hand.parameters(), total, strict=True):
        parameter.data -= 0.1 * gradient_
    for ours, theirs in zip(module.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_gradient_from_outside_and_any_update_combine(tmp_path, quick_disk):
    settings = TrainingSettings(
        epochs=6, batch_size=8, optimizer="adam", average="ema", weight_noise=0.01
    )
    straight, resumed = linear(), linear()
    train(straight, mse, line(40), line(8, seed=1), settings, gradient=PerExample)
    train(
        resumed,
        mse,
        line(40),
        line(8, seed=1),
        settings,
        gradient=PerExample,
        checkpoints=tmp_path,
    )
    assert same(weights(straight), weights(resumed))


def test_examples_of_weight_zero_do_not_count():
    each = functools.partial(nn.functional.mse_loss, reduction="none")
    examples = line(48)
    wrong = examples.target.clone()
    wrong[::2] += 100
    counts = torch.ones(48)
    counts[::2] = 0
    weighted = WithWeights(Rows(examples.inputs, wrong), counts)
    settings = TrainingSettings(
        epochs=40, batch_size="all", learning_rate=0.1, accumulate=1, patience=None
    )
    in_parts = TrainingSettings(
        epochs=40, batch_size="all", learning_rate=0.1, accumulate=5, patience=None
    )
    clean, whole, parts = linear(), linear(), linear()
    train(clean, mse, Subset(examples, torch.arange(1, 48, 2)), None, settings)
    train(whole, Weighted(each), weighted, None, settings)
    train(parts, Weighted(each), weighted, None, in_parts)
    for other in (whole, parts):
        torch.testing.assert_close(other.weight, clean.weight, rtol=1e-3, atol=1e-4)
    assert evaluate(whole, Weighted(each), weighted) == pytest.approx(
        evaluate(whole, mse, Subset(examples, torch.arange(1, 48, 2))), rel=1e-5
    )


def test_a_weight_of_two_is_an_example_twice():
    each = functools.partial(nn.functional.mse_loss, reduction="none")
    examples = line(6)
    twice = Subset(examples, torch.tensor([0, 1, 2, 3, 4, 5, 5]))
    weighted = WithWeights(examples, torch.tensor([1.0, 1, 1, 1, 1, 2]))
    module = linear()
    assert evaluate(module, Weighted(each), weighted) == pytest.approx(
        evaluate(module, mse, twice), rel=1e-6
    )


@pytest.mark.parametrize(
    "bad", [torch.ones(5), -torch.ones(6), torch.full((6,), torch.nan)]
)
def test_weights_that_are_none_are_refused(bad):
    with pytest.raises(InputError, match="weights must be"):
        WithWeights(line(6), bad)


def test_a_loss_that_is_one_number_cannot_be_weighted():
    with pytest.raises(InputError, match="reduction='none'"):
        evaluate(linear(), Weighted(mse), WithWeights(line(6), torch.ones(6)))
