"""The output layer and its losses, alone and on top of a network."""

import numpy as np
import pytest
import torch

from elman.reference import dense, rnn
from tolerance import (
    FINITE_DIFFERENCE_STEP,
    assert_close,
    finite_difference_tolerance,
)

N, T, F, H, K = 3, 4, 2, 3, 5
LENGTHS = [4, 0, 2]


def network(random):
    p = rnn.Parameters(*(random.normal(size=s) / 2 for s in ((H, F), (H, H), (H,))))
    q = dense.Parameters(random.normal(size=(K, H)), random.normal(size=K))
    x, h_0 = random.normal(size=(N, T, F)), random.normal(size=(N, H))
    targets = {
        "squared_error": random.normal(size=(N, T, K)),
        "cross_entropy": random.integers(0, K, (N, T)),
    }
    return p, q, x, h_0, targets


def solve(p, q, x, h_0, loss, target):
    tape = rnn.forward(x, h_0, p, lengths=LENGTHS)
    value, dy = getattr(dense, loss)(dense.forward(tape.h, q), target, LENGTHS)
    top = dense.backward(tape.h, q, dy)
    bottom = rnn.backward(tape, top.h, np.zeros_like(h_0))
    return value, {**bottom._asdict(), "W_hy": top.W_hy, "b_y": top.b_y}


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_every_gradient_the_articles_name(loss):
    p, q, x, h_0, targets = network(np.random.default_rng(1))
    target = targets[loss]
    value, gradients = solve(p, q, x, h_0, loss, target)
    given = {"x": x, "h_0": h_0, **p._asdict(), **q._asdict()}
    assert given.keys() == gradients.keys()

    def at(name, array):
        v = {**given, name: array}
        return solve(
            rnn.Parameters(v["W_xh"], v["W_hh"], v["b_h"]),
            dense.Parameters(v["W_hy"], v["b_y"]),
            v["x"],
            v["h_0"],
            loss,
            target,
        )[0]

    for name, array in given.items():
        slope = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            step = np.zeros_like(array)
            step[place] = FINITE_DIFFERENCE_STEP
            slope[place] = (at(name, array + step) - at(name, array - step)) / (
                2 * FINITE_DIFFERENCE_STEP
            )
        worst = np.abs(slope - gradients[name]).max()
        assert worst <= finite_difference_tolerance(value), name


def test_losses_agree_with_torch():
    random = np.random.default_rng(2)
    y = random.normal(size=(N, T, K)) * 30
    classes = random.integers(0, K, (N, T))
    logits = torch.from_numpy(y).requires_grad_()
    expected = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), torch.from_numpy(classes).flatten(), reduction="sum"
    )
    expected.backward()
    value, dy = dense.cross_entropy(y, classes)
    assert_close(np.array(value), expected, summands=N * T * K)
    assert_close(dy, logits.grad, summands=K)
