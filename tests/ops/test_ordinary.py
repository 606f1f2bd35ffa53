"""Only ordinary tensors that nobody watches are let into the core."""

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.func import functionalize, grad, vmap
from torch.overrides import BaseTorchFunctionMode, TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from elman import ops
from elman.ops._ordinary import foreign, ordinary, watched


class Own(torch.Tensor):
    """A subclass that says nothing about what it does."""


def inside(transform, given):
    """Return a tensor as it is inside a transform, and after it has ended."""
    seen = []

    def look(x):
        seen.append((x, ordinary(x)))
        return x.sum()

    transform(look)(given)
    tensor, then = seen[0]
    return then, ordinary(tensor)


def test_what_is_ordinary():
    x = torch.randn(3, 4)
    with torch.inference_mode():
        of_inference = torch.randn(3)
    assert ordinary(None)
    for tensor in (
        x,
        nn.Parameter(x),
        nn.Buffer(x),
        x.T,
        x[1:, ::2],
        x.expand(2, 3, 4),
        x.double(),
        torch.arange(3),
        torch.empty(0),
        torch.from_numpy(x.numpy()),
        x.clone().requires_grad_() * 2,
        of_inference,
        torch.complex(x, x).conj().imag,
        x.clone().share_memory_(),
        torch._efficientzerotensor(3),
        torch._efficientzerotensor(30)[20:],
    ):
        assert ordinary(tensor), tensor
        assert not foreign([tensor])


def kinds():
    x = torch.randn(3, 4)
    yield "a subclass", x.as_subclass(Own)
    yield "a parameter of a subclass", nn.Parameter(x.as_subclass(Own))
    yield "no numbers yet", nn.UninitializedParameter()
    yield "meta", torch.empty(3, device="meta")
    yield "sparse", x.to_sparse()
    yield "jagged", torch.nested.nested_tensor([x, x[:2]], layout=torch.jagged)
    yield "functional", torch._to_functional_tensor(x)
    yield "a list", [1.0]
    with FakeTensorMode() as fake:
        yield "fake", fake.from_tensor(x)


def test_what_is_not():
    for name, tensor in kinds():
        assert not ordinary(tensor), name
        assert foreign([torch.zeros(1), tensor]), name


@pytest.mark.parametrize("transform", [grad, vmap, functionalize])
def test_what_a_transform_wraps_is_not_inside_and_not_after(transform):
    given = torch.randn(3) if transform is vmap else torch.randn(3, 2)
    assert inside(transform, given) == (False, False)


class Seen(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


class Replaced(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_who_watches():
    assert not watched()
    for mode in (Seen, Replaced, BaseTorchFunctionMode, FakeTensorMode):
        with mode():
            assert watched(), mode
    with torch.device("cpu"):  # says where new tensors are made, no more
        assert not watched()
    found = []
    torch.jit.trace(lambda x: found.append(watched()) or x + 1, torch.zeros(1))
    assert found[0]
    assert not watched()


def test_the_choice():
    cells = [("rnn", "tanh"), ("gru", "reset_after"), ("lstm", "plain")]
    for cell, variant in cells:
        for device in ("cpu", "meta", "cuda"):
            request = ops.Request(cell, variant, device, foreign=True)
            assert ops.choose_path(request) == "torch"
    for rest in (
        ops.Request("gru", "reset_before", foreign=True),
        ops.Request("rnn", "softplus", foreign=True),
        ops.Request("gru", "reset_after", foreign=True, transformed=True),
        ops.Request("gru", "reset_after", foreign=True, noise=True),
    ):
        assert ops.choose_path(rest) == "composite"
