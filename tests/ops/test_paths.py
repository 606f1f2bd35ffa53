"""Which path runs: a pure function, askable, forcible."""

import pytest
import torch

from cells import CELLS, by_operator, draw
from elman import InputError, ops
from elman.ops import Request, choose_path

GRU = ("gru", "reset_after")


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (Request("rnn", "tanh", device="cuda"), "torch"),
        (Request("rnn", "sigmoid", device="cuda"), "composite"),
        (Request("gru", "reset_after", device="cuda"), "torch"),
        (Request("gru", "reset_before", device="cuda"), "composite"),
        (Request("lstm", "plain", device="cuda", ragged=True), "torch"),
        (Request("lstm", "projected", device="cuda"), "torch"),
        (Request("rnn", "relu", device="cuda"), "torch"),
        (Request("rnn", "relu", device="cuda", ragged=True), "composite"),
        (Request(*GRU, device="cuda", trace=True), "composite"),
        (Request(*GRU, device="cuda", empty=True), "composite"),
        (Request(*GRU, device="cuda", transformed=True), "composite"),
        (Request(*GRU, transformed=True), "composite"),
        (Request(*GRU, device="cuda", compiling=True), "composite"),
        (Request(*GRU, device="mps"), "composite"),
        (Request(*GRU, device="meta"), "composite"),
    ],
    ids=str,
)
def test_the_choice(request_, path):
    assert choose_path(request_) == path
    assert choose_path(request_, forced=path) == path


@pytest.mark.parametrize("path", ["torch", "composite"])
def test_the_forced_path_is_the_one_that_ran(path):
    with ops.record_paths() as ran:
        by_operator(draw(CELLS[0], 3, 2, 2, 2), path)
        by_operator(draw(CELLS[0], 3, 2, 2, 2))
    assert ran[-1] == choose_path(Request("rnn", "tanh", dtype=torch.float64))


def test_forcing_ends_with_the_block_and_nests():
    problem = draw(CELLS[0], 3, 2, 2, 2)
    with ops.force_path("composite"):
        by_operator(problem, "torch")
        with ops.record_paths() as ran:
            by_operator(problem)
    assert ran == ["composite"]


def test_a_forced_path_that_cannot_serve_is_an_error():
    with pytest.raises(InputError, match=r"'torch' was forced, but cannot serve.*sig"):
        by_operator(draw(CELLS[2], 3, 2, 2, 2), "torch")


def test_an_unknown_path_is_an_error():
    with (
        pytest.raises(InputError, match=r"unknown path 'compsite'.*'composite'"),
        ops.force_path("compsite"),
    ):
        pass


def test_an_unknown_nonlinearity_is_an_error():
    x, h, w = torch.zeros(1, 1, 1), torch.zeros(1, 1), torch.zeros(1, 1)
    with pytest.raises(InputError, match=r"Unknown .* 'tahn'.*did you mean 'tanh'"):
        ops.rnn(x, h, ops.Weights(w, w), nonlinearity="tahn")


def test_the_functions_name_their_variant():
    x, h = torch.randn(3, 2, 4), torch.randn(2, 5)
    weights = ops.Weights(torch.randn(15, 4), torch.randn(15, 5))
    for reset_after, variant in ((True, "reset_after"), (False, "reset_before")):
        y, h_n = ops.gru(x, h, weights, reset_after=reset_after)
        expected = ops.run(ops.Call("gru", variant, x, (h,), weights))
        assert torch.equal(y, expected.y)
        assert torch.equal(h_n, expected.state[0])
    weights = ops.Weights(torch.randn(20, 4), torch.randn(20, 5))
    y, (h_n, c_n) = ops.lstm(x, (h, h), weights)
    expected = ops.run(ops.Call("lstm", "plain", x, (h, h), weights))
    assert torch.equal(y, expected.y)
    assert torch.equal(c_n, expected.state[1])
