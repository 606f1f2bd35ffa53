"""Truncated backpropagation against an explicit loop with cuts at the same places."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import Callback, Streams, TrainingSettings, evaluate, train
from elman.training._build_step import build_step
from elman.training._order import build_order
from tolerance import assert_close

F64 = torch.float64


def mse(output, target):
    return ((output - target) ** 2).mean()


class Nested(nn.Module):
    """An LSTM under a GRU, its states nested, and a linear head."""

    def __init__(self, package=elman, batch_first=True):
        super().__init__()
        self.lower = package.LSTM(3, 5, 2, batch_first=batch_first, dtype=F64)
        self.upper = package.GRU(5, 4, batch_first=batch_first, dtype=F64)
        self.head = nn.Linear(4, 2, dtype=F64)

    def forward(self, x, state):
        low, high = (None, None) if state is None else state["states"]
        y, low = self.lower(x, low)
        y, high = self.upper(y, high)
        return self.head(y), {"states": (low, high), "none": None}


def nested(package=elman, batch_first=True):
    torch.manual_seed(3)
    return Nested(package, batch_first)


def one_by_one(module, series, order, rows, windows):
    """Return the gradients of every window, by stepping through each row alone.

    ``windows``: (first, start, stop, after): the gradient reaches back to first,
    the loss is that of start to stop, the next window begins at after.
    """
    x = torch.cat([series[i][0] for i in order])
    y = torch.cat([series[i][1] for i in order])
    begins = {0, *itertools.accumulate(len(series[i][0]) for i in order)}
    length = len(x) // rows
    states = dict.fromkeys(range(rows))
    for first, start, stop, after in windows:
        module.zero_grad()
        total = 0.0
        for row in range(rows):
            state = states[row]
            outputs = []
            for t in range(first, stop):
                if t == after:
                    states[row] = cut(state)
                if row * length + t in begins:
                    state = None
                out, state = module(x[row * length + t].reshape(1, 1, -1), state)
                outputs.append(out[0, 0])
            if after == stop:
                states[row] = cut(state)
            target = y[row * length + start : row * length + stop]
            output = torch.stack(outputs[start - first :])
            total = total + mse(output, target) / rows
        total.backward()
        yield total.item(), [p.grad.clone() for p in module.parameters()]


def cut(state):
    if isinstance(state, torch.Tensor):
        return state.detach().clone()
    if isinstance(state, dict):
        return {k: cut(v) for k, v in state.items()}
    if isinstance(state, tuple):
        return tuple(cut(v) for v in state)
    return None


def series_of(*lengths, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(n, 3, generator=draw, dtype=F64),
            torch.randn(n, 2, generator=draw, dtype=F64),
        )
        for n in lengths
    ]


def steps_of(module, streams, **settings):
    """Yield loss and clipped gradients of each step of one epoch, without updates."""
    settings = TrainingSettings(
        optimizer="descent", learning_rate=1e-300, clip_norm=None, **settings
    )
    order = build_order(streams, settings)
    step = build_step(module, mse, streams, settings, order)
    step.begin_epoch(1)
    module.train()
    for number in range(order.steps(1)):
        done = step.take(order.batch(1, number))
        yield done.loss, [p.grad.clone() for p in module.parameters()]


def check_same(found, expected, summands):
    found, expected = list(found), list(expected)
    assert len(found) == len(expected)
    for (loss, gradients), (its_loss, its_gradients) in zip(
        found, expected, strict=True
    ):
        assert abs(loss - its_loss) < 1e-12
        for a, b in zip(gradients, its_gradients, strict=True):
            assert_close(a, b, summands=summands, steps=20)


@pytest.mark.parametrize("package", [elman, nn], ids=["elman", "torch"])
@pytest.mark.parametrize("batch_first", [True, False])
def test_gradients_are_those_of_a_loop_cut_at_the_same_places(package, batch_first):
    series = series_of(41)
    module = nested(package, batch_first)
    streams = Streams.of(series, rows=3, steps=5, batch_first=batch_first)
    windows = [(a, a, min(a + 5, 13), min(a + 5, 13)) for a in range(0, 13, 5)]
    found = list(steps_of(module, streams))
    check_same(found, one_by_one(module, series, [0], 3, windows), 3 * 5 * 12)


def test_series_that_begin_inside_a_chunk_start_afresh():
    """Resets at places of their own in every row, two of them in one chunk."""
    series = series_of(4, 9, 1, 2, 17, 6, 5)
    module = nested()
    streams = Streams.of(series, rows=4, steps=6, shuffle=False)
    windows = [(0, 0, 6, 6), (6, 6, 11, 11)]
    found = list(steps_of(module, streams))
    check_same(found, one_by_one(module, series, range(7), 4, windows), 4 * 6 * 12)


def test_a_shuffled_epoch_is_the_same_loop_in_another_order():
    series = series_of(8, 3, 11, 5)
    module = nested()
    streams = Streams.of(series, rows=2, steps=4)
    layout = streams.layout(7, 1)
    order = torch.searchsorted(
        torch.cumsum(streams.lengths, 0), layout.begins + layout.shift, right=True
    ).tolist()
    assert sorted(order) == [0, 1, 2, 3]
    assert order != [0, 1, 2, 3]
    windows = [(0, 0, 4, 4), (4, 4, 8, 8), (8, 8, 12, 12), (12, 12, 13, 13)]
    found = list(steps_of(module, streams, seed=7))
    check_same(found, one_by_one(module, series, order, 2, windows), 2 * 4 * 12)


def test_gradients_reach_further_than_a_chunk():
    """k1 = 3, k2 = 8: five steps before each chunk, where there are so many."""
    series = series_of(7, 19, 8)
    module = nested()
    streams = Streams.of(series, rows=2, steps=3, gradient_steps=8, shuffle=False)
    ends = [*range(3, 17, 3), 17]
    starts = [0, *ends[:-1]]
    windows = [
        (max(0, a - 5), a, b, max(0, b - 5)) for a, b in zip(starts, ends, strict=True)
    ]
    found = list(steps_of(module, streams))
    check_same(found, one_by_one(module, series, range(3), 2, windows), 2 * 8 * 12)


def test_a_chunk_of_the_whole_length_is_full_backpropagation():
    series = series_of(30, 30)
    module = nested()
    streams = Streams.of(series, rows=2, steps=30, shuffle=False)
    ((loss, gradients),) = steps_of(module, streams)
    module.zero_grad()
    x, y = (torch.stack(part) for part in zip(*series, strict=True))
    whole = mse(module(x, None)[0], y)
    whole.backward()
    assert abs(loss - whole.item()) < 1e-14
    for a, p in zip(gradients, module.parameters(), strict=True):
        assert_close(a, p.grad, summands=60, steps=30)


@pytest.mark.parametrize("gradient_steps", [None, 9])
def test_carried_states_equal_one_long_forward(gradient_steps):
    series = series_of(40, 40)
    module = nested()
    streams = Streams.of(
        series, rows=2, steps=4, gradient_steps=gradient_steps, shuffle=False
    )
    settings = TrainingSettings(
        optimizer="descent", learning_rate=1e-300, weight_noise=0.0
    )
    order = build_order(streams, settings)
    step = build_step(module, mse, streams, settings, order)
    step.begin_epoch(1)
    for number in range(order.steps(1)):
        step.take(order.batch(1, number))
    reached = 40 - streams.lead
    x = torch.stack([s[0] for s in series])[:, :reached]
    _, expected = module(x, None)
    carried = step.parts()["carried"].state_dict()["state"]
    (low, high), (its_low, its_high) = carried["states"], expected["states"]
    for a, b in [*zip(low, its_low, strict=True), (high, its_high)]:
        assert not a.requires_grad
        assert_close(a, b, summands=8, steps=40)


def test_rows_do_not_leak_into_each_other():
    """NaN in one row's past leaves the other rows' outputs and states alone."""
    series = series_of(12, 12, 12)
    spoilt = [(x.clone(), y) for x, y in series]
    spoilt[1][0][5] = float("nan")
    module = nested()

    def states(data):
        streams = Streams.of(data, rows=3, steps=12, shuffle=False)
        from elman.training._window import run_window

        with torch.no_grad():
            outputs, _ = run_window(
                module, streams, streams.layout(0, 0), None, [0, 12]
            )
        return outputs(0, 12)[0]

    clean, dirty = states(series), states(spoilt)
    assert torch.equal(clean[[0, 2]], dirty[[0, 2]])
    assert dirty[1, 5:].isnan().all()


def test_a_reset_lets_no_gradient_and_no_nan_through():
    series = series_of(6, 6)
    series[0][0].requires_grad_()
    module = nested()
    streams = Streams.of(series, rows=1, steps=12, shuffle=False)
    from elman.training._window import run_window

    outputs, _ = run_window(module, streams, streams.layout(0, 0), None, [0, 6, 12])
    output, _ = outputs(6, 12)
    (gradient,) = torch.autograd.grad(output.sum(), streams.inputs[0])
    assert gradient[:6].abs().max() == 0
    assert gradient[6:].abs().min() > 0


def test_a_learned_initial_state_is_used_at_every_start_and_learns():
    class Learned(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = elman.GRU(3, 2, batch_first=True, dtype=F64)
            self.start = nn.Parameter(torch.ones(1, 1, 2, dtype=F64))

        def initial_state(self, rows):
            return self.start.expand(1, rows, 2)

        def forward(self, x, state):
            assert state is not None
            return self.rnn(x, state)

    torch.manual_seed(0)
    module = Learned()
    series = series_of(5, 3)
    streams = Streams.of(series, rows=1, steps=8, shuffle=False)
    ((_, gradients),) = steps_of(module, streams)
    module.zero_grad()
    outputs = [module(x[None], module.initial_state(1))[0][0] for x, _ in series]
    mse(torch.cat(outputs), torch.cat([y for _, y in series])).backward()
    for a, p in zip(gradients, module.parameters(), strict=True):
        assert_close(a, p.grad, summands=24, steps=8)


def test_every_step_is_seen_once_an_epoch_but_a_rest_shorter_than_the_rows():
    lengths = [5, 1, 30, 14, 9]
    count = sum(lengths)
    numbers = torch.arange(count)
    streams = Streams(numbers, numbers, lengths, rows=4, steps=6, random_lengths=True)
    for epoch in (1, 2, 5):
        layout, ends = streams.layout(3, epoch), streams.ends(3, epoch)
        seen = torch.cat(
            [
                streams.window(layout, a, b)[0][0].flatten()
                for a, b in zip([0, *ends[:-1]], ends, strict=True)
            ]
        )
        assert len(seen.unique()) == len(seen) == count - count % 4


def test_resets_are_where_series_begin():
    lengths = [5, 1, 30, 14, 9, 2, 2, 2]
    numbers = torch.cat([torch.arange(n) for n in lengths])
    streams = Streams(numbers, numbers, lengths, rows=5, steps=4)
    for epoch in (0, 1, 2):
        layout = streams.layout(1, epoch)
        positions, _ = streams.window(layout, 0, streams.length)
        resets = layout.resets(0, streams.length)
        expected = positions[0] == 0
        found = torch.zeros_like(expected)
        for step, rows in resets.items():
            found[:, step] = rows
        assert torch.equal(found, expected)


def test_random_lengths_are_a_function_of_seed_and_epoch_and_cover_all():
    from elman.training._chunks import chunk_ends

    def drawn(seed, epoch):
        return chunk_ends(20_000, 70, random=True, seed=seed, epoch=epoch)

    first = drawn(1, 1)
    chunk_ends.cache_clear()
    assert drawn(1, 1) == first
    assert drawn(1, 2) != first
    assert drawn(2, 1) != first
    sizes = torch.tensor(first).diff(prepend=torch.tensor([0]))
    assert first[-1] == 20_000
    assert sizes[:-1].min() >= 5
    assert sizes.max() <= 140
    # 0.95 · 70 + 0.05 · 35, give or take four deviations of the mean of 290.
    assert abs(float(sizes.double().mean()) - 68.25) < 4 * 9.1 / 290**0.5
    assert 0 < (sizes < 50).sum() < 40


def test_the_rate_follows_a_drawn_length():
    """The weights move as if each chunk had its own rate, and it comes back."""
    series = series_of(200)
    module, twin = nested(), nested()
    streams = Streams.of(series, rows=2, steps=10, random_lengths=True)
    settings = TrainingSettings(
        optimizer="descent", learning_rate=0.1, epochs=1, clip_norm=None
    )
    order = build_order(streams, settings)
    step = build_step(module, mse, streams, settings, order)
    step.begin_epoch(1)
    for number in range(3):
        batch = order.batch(1, number)
        before = [p.detach().clone() for p in module.parameters()]
        done = step.take(batch)
        length = int(batch[2] - batch[1])
        for p, old in zip(module.parameters(), before, strict=True):
            assert_close(p.detach(), old - 0.1 * length / 10 * p.grad, summands=2)
        assert done.learning_rate == 0.1
        assert step.optimizer.param_groups[0]["lr"] == 0.1
    del twin


def test_training_on_streams_learns_what_needs_the_carried_state():
    """The target is the input three chunks ago at its start: no chunk shows it."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randint(0, 2, (400, 1), generator=draw).double() * 2 - 1
    y = x.roll(3, 0)
    y[:3] = 0
    streams = Streams(x, y, rows=10, steps=2, gradient_steps=6)
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = elman.GRU(1, 12, batch_first=True, dtype=F64)
            self.head = nn.Linear(12, 1, dtype=F64)

        def forward(self, x, state):
            y, state = self.rnn(x, state)
            return self.head(y), state

    net = Net()
    settings = TrainingSettings(epochs=20, learning_rate=0.03, patience=None)
    result = train(net, mse, streams, streams, settings)
    assert result.history[0]["validation_loss"] > 0.9
    assert result.history[-1]["validation_loss"] < 0.1


def test_validation_carries_the_state_too():
    series = series_of(31)
    module = nested()
    streams = Streams.of(series, rows=1, steps=4)
    with torch.no_grad():
        whole = mse(module(series[0][0][None], None)[0], series[0][1][None])
    assert evaluate(module, mse, streams) == pytest.approx(float(whole), rel=1e-14)


class StopAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, state):
        if state.step == self.step:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: Streams(x, x[:-1]), "one target a step"),
        (lambda x: Streams(x, x, [3, 4]), "lengths add up to 7"),
        (lambda x: Streams(x, x, rows=11), "too few for 11 streams"),
        (lambda x: Streams(x, x, rows=2, steps=0), "steps must be at least 1"),
        (
            lambda x: Streams(x, x, rows=2, steps=4, gradient_steps=3),
            "at least steps",
        ),
        (lambda x: Streams.of([]), "no series"),
    ],
)
def test_wrong_streams_say_so(make, words):
    with pytest.raises(InputError, match=words) as caught:
        make(torch.zeros(10, 1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x, r"must return \(output, state\)"),
        (lambda x: (x, object()), "tensors, in tuples"),
        (lambda x: (x, x), "set state_axis"),
    ],
)
def test_a_module_that_does_not_fit_says_so(answer, words):
    class Wrong(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x, state):
            return answer(x * self.weight)

    streams = Streams.of(
        [(torch.zeros(n, 1), torch.zeros(n, 1)) for n in (3, 5)], rows=2, steps=2
    )
    settings = TrainingSettings(epochs=1)
    with pytest.raises(InputError, match=words):
        train(Wrong(), mse, streams, None, settings)


def test_accumulation_is_refused():
    streams = Streams(torch.zeros(9, 3, dtype=F64), torch.zeros(9, 2), rows=3)
    with pytest.raises(InputError, match="accumulate does not combine"):
        train(nested(), mse, streams, None, TrainingSettings(accumulate=2))
