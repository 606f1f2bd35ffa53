"""The composite path: any dtype, transforms, second derivatives, torch's weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cell_problems import draw
from elman.cells import Composite, cell, names, paired_bias
from tolerance import assert_close


def step_of(name, dtype=torch.float64):
    found = cell(name)
    problem = draw(found, T=1)
    own = {k: torch.tensor(v, dtype=dtype) for k, v in problem.parameters.items()}
    composite = Composite(found.traced, own)
    inputs = [v[0] for v in composite.inputs(torch.tensor(problem.x, dtype=dtype))]
    state = tuple(torch.tensor(s, dtype=dtype) for s in problem.start)
    return composite, inputs, state


# torch's forward mode reads its own rules by its deprecated script.
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
@pytest.mark.parametrize("name", names())
def test_forward_and_reverse_mode_agree_on_the_jacobian(name):
    composite, inputs, state = step_of(name)

    def step(*given):
        return composite(inputs, given)[0]

    places = tuple(range(len(state)))
    forward = torch.func.jacfwd(step, places)(*state)
    reverse = torch.func.jacrev(step, places)(*state)
    for one, other in zip(forward, reverse, strict=True):
        for a, b in zip(one, other, strict=True):
            assert_close(a, b, summands=64)


@pytest.mark.parametrize("name", names())
def test_a_second_derivative_is_there(name):
    composite, inputs, state = step_of(name)
    state = tuple(s.requires_grad_() for s in state)
    assert torch.autograd.gradgradcheck(
        lambda *given: composite(inputs, given)[0], state, atol=1e-4
    )


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_dtype_is_kept(name, dtype):
    composite, inputs, state = step_of(name, dtype)
    after, gates = composite(inputs, state)
    assert {s.dtype for s in (*after, *gates.values())} == {dtype}
    assert all(s.shape == state[0].shape for s in after)


PAIRS = {
    "rnn": torch.nn.RNNCell,
    "gru": torch.nn.GRUCell,
    "lstm": torch.nn.LSTMCell,
}


@pytest.mark.parametrize("name", PAIRS)
def test_torch_weights_fit(name):
    """The two biases of torch's layers, in the order of its gates."""
    torch.manual_seed(0)
    theirs = PAIRS[name](3, 5).double()
    found = cell(name)
    own = {"weight_ih": theirs.weight_ih, "weight_hh": theirs.weight_hh}
    own["bias"] = paired_bias(found.traced, theirs.bias_ih, theirs.bias_hh)
    composite = Composite(found.traced, own)
    x = torch.randn(2, 3, dtype=torch.float64)
    state = tuple(torch.randn(2, 5, dtype=torch.float64) for _ in found.states)
    after, _ = composite(composite.inputs(x), state)
    expected = theirs(x, state if len(state) > 1 else state[0])
    expected = expected if isinstance(expected, tuple) else (expected,)
    for a, e in zip(after, expected, strict=True):
        assert_close(a, e, summands=8)


@pytest.mark.parametrize("name", names())
def test_arrays_and_tensors_give_the_same(name):
    found = cell(name)
    problem = draw(found)
    by = []
    for make in (np.asarray, torch.tensor):
        own = {k: make(v) for k, v in problem.parameters.items()}
        composite = Composite(found.traced, own)
        inputs = composite.inputs(make(problem.x))
        state = tuple(make(s) for s in problem.start)
        by.append(composite([v[0] for v in inputs], state)[0])
    for a, b in zip(*by, strict=True):
        assert_close(a, b, summands=problem.summands)


def test_no_bias_is_a_bias_of_zeros():
    found = cell("gru")
    problem = draw(found)
    own = dict(problem.parameters)
    own["bias"] = np.zeros_like(own["bias"])
    zeros = Composite(found.traced, own)
    del own["bias"]
    without = Composite(found.traced, own)
    state = tuple(problem.start)
    one = zeros([v[0] for v in zeros.inputs(problem.x)], state)[0][0]
    other = without([v[0] for v in without.inputs(problem.x)], state)[0][0]
    np.testing.assert_array_equal(one, other)
