"""Every optimiser and schedule a name can ask for, and what they may touch."""

from __future__ import annotations

import functools
import itertools
import math

import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import (
    OPTIMIZERS,
    Callback,
    Rows,
    Subset,
    TrainingSettings,
    parameter_groups,
    train,
)
from elman.training.step._gradient import BatchGradient
from lines import line, linear, mse


class Rates(Callback):
    def __init__(self):
        self.rates = []

    def on_step(self, state):
        self.rates.append(state.learning_rate)


def trained(settings, module=None, data=None, callbacks=()):
    module = module or linear()
    return train(module, mse, data or line(), None, settings, callbacks), module


TAKES_ANYTHING = [
    *OPTIMIZERS,
    *("ASGD", "Adadelta", "Adafactor", "Adagrad", "Adamax", "NAdam", "RAdam", "Rprop"),
    "nadam",
]


@pytest.mark.parametrize("name", TAKES_ANYTHING)
def test_every_optimiser_lowers_the_loss(name):
    rate = 0.5 if name == "Adadelta" else 0.02
    settings = TrainingSettings(
        optimizer=name, learning_rate=rate, epochs=3, batch_size=16
    )
    result, _ = trained(settings)
    assert result.history[-1]["loss"] < result.history[1]["loss"]


def test_sgd_nesterov_and_descent_are_torchs():
    for name, options in [
        ("sgd", {"momentum": 0.8}),
        ("nesterov", {"momentum": 0.8, "nesterov": True}),
        ("descent", {}),
    ]:
        settings = TrainingSettings(
            optimizer=name,
            momentum=0.8,
            learning_rate=0.05,
            epochs=3,
            batch_size="all",
            clip_norm=None,
        )
        _, module = trained(settings)
        twin, data = linear(), line()
        optimizer = torch.optim.SGD(twin.parameters(), lr=0.05, **options)
        for epoch in (1, 2, 3):
            draw = torch.Generator().manual_seed(epoch)
            (x,), y = data.take(torch.randperm(48, generator=draw))
            optimizer.zero_grad()
            mse(twin(x), y).backward()
            optimizer.step()
        assert torch.equal(module.weight, twin.weight)


def test_lbfgs_solves_a_quadratic_in_one_epoch():
    settings = TrainingSettings(
        optimizer="lbfgs",
        learning_rate=1.0,
        epochs=1,
        batch_size="all",
        clip_norm=None,
        optimizer_options={"line_search_fn": "strong_wolfe", "max_iter": 50},
    )
    _, module = trained(settings)
    assert mse(module(*line().inputs), line().target) < 1e-10


class Transposed(nn.Module):
    """Its weight lies in memory column by column."""

    def __init__(self, flat):
        super().__init__()
        weight = torch.linspace(-1, 1, 6).view(3, 2)
        self.weight = nn.Parameter(weight if flat else weight.t().contiguous().t())

    def forward(self, x):
        return x @ self.weight


class AsItComes:
    """A gradient that lies in memory column by column."""

    def __init__(self, setup):
        self.inner = BatchGradient(setup)
        self.parts, self.data = self.inner.parts, self.inner.data
        self.taken, self.begin_epoch = self.inner.taken, self.inner.begin_epoch

    def add(self, batch):
        seen = self.inner.add(batch)
        for parameter in self.inner.parameters:
            parameter.grad = parameter.grad.t().contiguous().t()
        return seen


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_memory_in_another_order_is_the_same_step(name):
    """torch's fused kernels would take it in the wrong one."""
    found = []
    for flat, options, gradient in (
        (True, {"foreach": False}, None),
        (True, {}, None),
        (False, {}, None),
        (True, {}, AsItComes),
    ):
        settings = TrainingSettings(
            optimizer=name, optimizer_options=options, epochs=3, learning_rate=0.1
        )
        module = Transposed(flat)
        train(module, mse, line(), None, settings, gradient=gradient)
        found.append(module.weight.detach().clone())
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=1e-5, atol=1e-6)


def test_a_factory_and_a_ready_optimiser_do_the_same():
    options = {"lr": 0.03, "betas": (0.8, 0.9), "fused": True}
    module = linear()
    more = {"betas": (0.8, 0.9), "fused": True}
    choices = [
        {"optimizer": "adam", "optimizer_options": {"betas": (0.8, 0.9)}},
        {"optimizer": functools.partial(torch.optim.Adam, **more)},
        {"optimizer": torch.optim.Adam(module.parameters(), **options)},
    ]
    found = []
    for i, choice in enumerate(choices):
        settings = TrainingSettings(learning_rate=0.03, epochs=2, **choice)
        _, done = trained(settings, module if i == 2 else None)
        found.append(done.weight)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"optimizer_options": {"beta": 1}}, "adam refused its arguments"),
        ({"optimizer": "LBFGS", "weight_decay": 0.1}, "no weight decay"),
        ({"optimizer": "LBFGS"}, "set clip_norm=None"),
        (
            {"optimizer": torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)},
            "none of the module's parameters",
        ),
        ({"schedule": "StepLR"}, "schedule refused its arguments"),
        ({"schedule": "StepLR", "warm_up": 2}, "does not combine"),
        (
            {"schedule": "StepLR", "schedule_options": {"step_size": 1, "each": "day"}},
            "'step' or 'epoch'",
        ),
    ],
)
def test_what_does_not_fit_says_so(choice, words):
    with pytest.raises(InputError, match=words) as caught:
        trained(TrainingSettings(**choice))
    assert "\n" not in str(caught.value)


def test_a_frozen_module_says_so():
    module = linear().requires_grad_(False)
    with pytest.raises(InputError, match="no trainable parameter"):
        trained(TrainingSettings(), module)


class Everything(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 4)
        self.rnn = elman.LSTM(4, 6, 2, proj_size=3)
        self.theirs = nn.GRUCell(3, 3)
        self.norm = nn.LayerNorm((2, 3))
        self.batch = nn.BatchNorm1d(3)
        self.head = nn.Linear(3, 4)
        self.tied = nn.Linear(4, 5, bias=False)
        self.tied.weight = self.embedding.weight


@pytest.mark.parametrize("recurrent", [False, True])
def test_decay_spares_vectors_normalisation_and_recurrence(recurrent):
    module = Everything()
    names = {id(p): name for name, p in module.named_parameters()}
    groups = parameter_groups(module, 0.1, decay_recurrent=recurrent)
    decayed, spared = ({names[id(p)] for p in group["params"]} for group in groups)
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    matrices = {"embedding.weight", "rnn.weight_ih_l0", "rnn.weight_ih_l1"}
    matrices |= {"theirs.weight_ih", "head.weight"}
    loops = {"rnn.weight_hh_l0", "rnn.weight_hh_l1", "theirs.weight_hh"}
    loops |= {"rnn.weight_hr_l0", "rnn.weight_hr_l1"}
    assert decayed == matrices | (loops if recurrent else set())
    assert decayed | spared == set(names.values())
    assert not decayed & spared


def test_decay_shrinks_what_it_may_and_nothing_else():
    """With no gradient at all, AdamW's decay is the only thing that moves."""
    torch.manual_seed(0)
    module = elman.GRU(3, 4, batch_first=True)
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    data = Rows(torch.randn(8, 5, 3), torch.zeros(8))
    settings = TrainingSettings(
        optimizer="adamw", weight_decay=0.5, learning_rate=0.1, epochs=1, batch_size=8
    )

    def flat(output, target):
        return sum(0.0 * p.sum() for p in module.parameters()) + 0.0 * target.sum()

    train(module, flat, data, None, settings)
    for name, p in module.named_parameters():
        factor = 1 - 0.1 * 0.5 if name == "weight_ih_l0" else 1.0
        assert torch.allclose(p, factor * before[name], rtol=1e-6, atol=0), name


def rates_of(epochs=6, batch_size=16, **choice):
    seen = Rates()
    settings = TrainingSettings(
        epochs=epochs, batch_size=batch_size, learning_rate=0.1, **choice
    )
    trained(settings, callbacks=[seen])
    return seen.rates


def test_schedules_are_their_formulas():
    """Three steps an epoch, eighteen in all."""
    cases = {
        "constant": lambda p: 1.0,
        "cosine": lambda p: 0.5 * (1 + math.cos(math.pi * p)),
        "linear": lambda p: 1 - p,
        "exponential": lambda p: 0.01**p,
    }
    for name, factor in cases.items():
        expected = [0.1 * factor(s / 18) for s in range(18)]
        assert rates_of(schedule=name) == pytest.approx(expected)
        if name != "constant":
            floor = rates_of(schedule=name, schedule_options={"floor": 0.25})
            assert min(floor) > 0.025
            assert floor[0] == pytest.approx(0.1)


@pytest.mark.parametrize("warm_up", [4, 4 / 18])
def test_a_warm_up_rises_and_then_the_schedule_begins(warm_up):
    rates = rates_of(schedule="linear", warm_up=warm_up)
    rise = [0.1 * (s + 1) / 4 for s in range(4)]
    fall = [0.1 * (1 - s / 14) for s in range(14)]
    assert rates == pytest.approx(rise + fall)


def test_a_trapezoid_is_level_and_then_falls_in_a_line():
    rates = rates_of(schedule="trapezoid", epochs=20, schedule_options={"fall": 0.5})
    half = len(rates) // 2
    assert rates[:half] == [rates[0]] * half
    falls = [b - a for a, b in itertools.pairwise(rates[half:])]
    assert falls == pytest.approx([falls[0]] * len(falls))
    assert rates[-1] == pytest.approx(rates[0] / half)


def test_one_cycle_rises_and_falls():
    rates = rates_of(schedule="one-cycle", epochs=20)
    peak = rates.index(max(rates))
    assert peak == 18  # three tenths of sixty steps
    assert rates[0] == pytest.approx(0.004)
    assert rates[peak] == pytest.approx(0.1)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 1e-3
    early = rates_of(schedule="one-cycle", epochs=20, warm_up=6)
    assert early.index(max(early)) == 6


def test_step_falls_by_a_factor_every_so_many_epochs():
    rates = rates_of(schedule="step", schedule_options={"every": 2, "factor": 0.5})
    assert rates == pytest.approx([0.1] * 6 + [0.05] * 6 + [0.025] * 6)
    assert rates_of(schedule="step") == pytest.approx(
        [0.1] * 6 + [0.01] * 6 + [1e-3] * 6
    )


def test_plateau_follows_the_validation_loss():
    """At a rate of nothing no epoch is better than the first."""
    seen = Rates()
    settings = TrainingSettings(
        epochs=7,
        learning_rate=1e-30,
        batch_size=48,
        patience=None,
        schedule="plateau",
        schedule_options={"patience": 1, "factor": 0.1, "floor": 0.05},
    )
    train(linear(), mse, line(), line(seed=1), settings, [seen])
    relative = [rate / 1e-30 for rate in seen.rates]
    assert relative == pytest.approx([1, 1, 1, 0.1, 0.1, 0.05, 0.05])


@pytest.mark.parametrize(
    ("choice", "build"),
    [
        (
            {"schedule": "StepLR", "schedule_options": {"step_size": 2}},
            lambda o: torch.optim.lr_scheduler.StepLR(o, 2),
        ),
        (
            {"schedule": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.5)},
            lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.5),
        ),
    ],
    ids=["name", "function"],
)
def test_torchs_schedulers_move_on_every_epoch(choice, build):
    optimizer = torch.optim.SGD(linear().parameters(), lr=0.1)
    scheduler = build(optimizer)
    expected = []
    for _ in range(6):
        expected += [scheduler.get_last_lr()[0]] * 3
        optimizer.step()
        scheduler.step()
    assert rates_of(optimizer="descent", **choice) == pytest.approx(expected)


def test_torchs_cycles_move_on_every_step():
    options = {"max_lr": 0.2, "total_steps": 18}
    optimizer = torch.optim.SGD(linear().parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, **options)
    expected = []
    for _ in range(18):
        expected.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    found = rates_of(optimizer="sgd", schedule="OneCycleLR", schedule_options=options)
    assert found == pytest.approx(expected)


def test_groups_keep_their_own_rates_under_a_schedule():
    module = linear()
    optimizer = torch.optim.SGD(
        [{"params": [module.weight], "lr": 0.2}, {"params": [module.bias], "lr": 0.02}]
    )
    seen = []

    class Both(Callback):
        def on_step(self, state):
            seen.append([group["lr"] for group in optimizer.param_groups])

    settings = TrainingSettings(optimizer=optimizer, schedule="linear", epochs=2)
    trained(settings, module, Subset(line(), torch.arange(32)), [Both()])
    assert seen == [pytest.approx([0.1, 0.01]), pytest.approx([0.0, 0.0])]
