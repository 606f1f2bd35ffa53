"""Truncated backpropagation against an explicit loop with cuts at the same places."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

import elman
from elman.training import Streams, TrainingSettings
from elman.training.data._order import build_order
from elman.training.step._build_step import build_step
from elman.training.step._window import run_window
from lines import mse
from streamed import F64, nested, series_of
from tolerance import assert_close


def window_of(module, streams, cuts):
    layout = streams.layout(0, 0)
    inputs, _ = streams.window(layout, cuts[0], cuts[-1])
    return run_window(module, streams, layout, None, cuts, inputs)[0]


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
        with torch.no_grad():
            return window_of(module, streams, [0, 12])(0, 12)

    clean, dirty = states(series), states(spoilt)
    assert torch.equal(clean[[0, 2]], dirty[[0, 2]])
    assert dirty[1, 5:].isnan().all()


def test_a_reset_lets_no_gradient_and_no_nan_through():
    series = series_of(6, 6)
    series[0][0].requires_grad_()
    module = nested()
    streams = Streams.of(series, rows=1, steps=12, shuffle=False)
    output = window_of(module, streams, [0, 6, 12])(6, 12)
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
