"""States come apart into JSON and tensors, and together again bit for bit."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from elman.training.keep._random import RandomStates, own_random_states
from elman.training.keep._state import pack, unpack


def through_files(state):
    plain, tensors = pack(state)
    return unpack(json.loads(json.dumps(plain, allow_nan=False)), load(save(tensors)))


def equal(a, b):
    if isinstance(a, torch.Tensor):
        # Bits, so that NaN equals itself and -0.0 differs from 0.0.
        return a.dtype == b.dtype and a.shape == b.shape and raw(a) == raw(b)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return a == b or (a != a and b != b)


def raw(tensor):
    return tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes()


def test_every_form_survives():
    base = torch.arange(12.0).reshape(3, 4)
    state = {
        "numbers": [0, -(2**80), 0.1, 1e-310, -0.0, math.nan, math.inf, -math.inf],
        "flags": (True, False, None, (), ("a", [1, 2.0])),
        "by number": {0: {"step": torch.tensor(3.0)}, 1: {}},
        "$": {"$": "tensor", "of": "numbers"},
        "odd.name": {"": torch.zeros(0, 3), "ä/..": torch.tensor(2**40)},
        "same memory": [base, base, base[1:], base.t()],
        "kinds": [torch.ones(2, dtype=t) for t in (torch.bool, torch.bfloat16)],
    }
    assert equal(through_files(state), state)


@pytest.mark.parametrize(
    "bad", [object(), {1.5: 0}, np.float64(1.0), {1, 2}, lambda: 0, b"x"]
)
def test_what_cannot_be_kept_is_refused_with_its_place(bad):
    with pytest.raises(TypeError, match=r"part\.x"):
        pack({"x": bad}, "part")


@pytest.mark.parametrize(
    "plain",
    [
        {"$": "tensor", "of": "missing"},
        {"$": "tensor", "of": ["x"]},
        {"$": "tensor"},
        {"$": "tuple", "of": 3},
        {"$": "float", "of": "1.0"},
        {"$": "dict", "of": [[1, 2, 3]]},
        {"$": "code", "of": "print()"},
        {"$": None},
        {"$": [1]},
    ],
)
def test_what_pack_never_wrote_is_refused(plain):
    with pytest.raises(ValueError, match=r"unknown form|no tensor"):
        unpack([plain], {"x": torch.ones(1)})


@pytest.mark.parametrize(
    "kind", ["Adam", "AdamW", "SGD", "RMSprop", "NAdam", "Rprop", "LBFGS", "Adafactor"]
)
def test_optimisers_go_on_with_the_same_bits(kind):
    """Torch's own optimisers, each against itself without the interruption."""

    def build():
        torch.manual_seed(0)
        module = nn.Linear(5, 3)
        return module, getattr(torch.optim, kind)(module.parameters(), lr=0.01)

    def go(module, optimiser, steps):
        for i in steps:
            x = torch.randn(4, 5, generator=torch.Generator().manual_seed(i))

            def closure(x=x):
                optimiser.zero_grad()
                loss = module(x).square().mean()
                loss.backward()
                return loss

            optimiser.step(closure)

    straight = build()
    go(*straight, range(8))
    first = build()
    go(*first, range(5))
    kept = through_files([part.state_dict() for part in first])
    second = build()
    for part, state in zip(second, kept, strict=True):
        part.load_state_dict(state)
    go(*second, range(5, 8))
    for ours, theirs in zip(second, straight, strict=True):
        assert equal(pack(ours.state_dict())[1], pack(theirs.state_dict())[1])


def test_random_states_go_on_and_leave_no_trace():
    def draw():
        return (
            random.random(),  # noqa: S311
            random.gauss(0, 1),
            np.random.rand(),
            np.random.randn(),
            torch.rand(3).tolist(),
        )

    before = RandomStates().state_dict()
    with own_random_states(3) as states:
        first = draw()
        kept = through_files(states.state_dict())
        ahead = draw()
        states.load_state_dict(kept)
        assert draw() == ahead
    assert equal(RandomStates().state_dict(), before)
    with own_random_states(3):
        assert draw() == first
