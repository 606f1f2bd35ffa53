"""What is not an ordinary call is answered as torch.nn answers it."""

from __future__ import annotations

import copy
import io
import warnings

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.utils._per_sample_grad import call_for_per_sample_grads
from torch.nn.utils.rnn import pack_sequence
from torch.overrides import TorchFunctionMode
from torch.testing._internal.two_tensor import TwoTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

import elman

T, B, I, H = 5, 3, 4, 6
pytestmark = [  # torch's own, of its tracers and of fakes
    pytest.mark.filterwarnings("ignore:`torch.jit"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute"),
    pytest.mark.filterwarnings("ignore:TF32"),
]
STACKS = {
    "one": {},
    "deep": {"num_layers": 2, "bidirectional": True},
    "first": {"batch_first": True, "bias": False},
}
LAYERS = ["RNN", "GRU", "LSTM"]
CELLS = ["RNNCell", "GRUCell", "LSTMCell"]
stacks = pytest.mark.parametrize("options", STACKS.values(), ids=list(STACKS))
layers = pytest.mark.parametrize("kind", LAYERS)
everything = pytest.mark.parametrize("kind", LAYERS + CELLS)
grads = pytest.mark.parametrize("graph", [True, False], ids=["grad", "no grad"])


class First(nn.Module):
    """The first of a recurrent module's results."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        y = self.module(x)
        return y[0] if isinstance(y, tuple) else y


def pair(kind, **options):
    """Return torch's module and Elman's with the same weights."""
    torch.manual_seed(0)
    theirs = getattr(nn, kind)(I, H, **options)
    ours = getattr(elman, kind)(I, H, **options)
    ours.load_state_dict(theirs.state_dict())
    return First(theirs).eval(), First(ours).eval()


def given(kind):
    return torch.randn(B, I) if "Cell" in kind else torch.randn(T, B, I)


def close(a, b):
    torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


@grads
@stacks
@layers
def test_a_trace_computes(kind, options, graph):
    _, ours = pair(kind, **options)
    x, other = given(kind), given(kind)
    with torch.set_grad_enabled(graph):
        traced = torch.jit.trace(ours, x)
        close(traced(other), ours(other))
    if graph:
        traced(other).sum().backward()
        found = [p.grad.clone() for p in ours.parameters()]
        ours.zero_grad()
        ours(other).sum().backward()
        for a, p in zip(found, ours.parameters(), strict=True):
            close(a, p.grad)


@layers
def test_a_trace_runs_at_other_sizes(kind):
    _, ours = pair(kind)
    traced = torch.jit.trace(ours, given(kind))
    other = torch.randn(9, 5, I)
    close(traced(other), ours(other))


@everything
def test_a_trace_has_torchs_operator(kind):
    theirs, ours = pair(kind)
    x = given(kind)

    def operators(module):
        graph = torch.jit.trace(module, x).inlined_graph
        return sorted(n.kind() for n in graph.nodes() if n.kind() != "prim::Constant")

    assert operators(ours) == operators(theirs) != []


def test_a_trace_of_what_torch_has_not():
    for layer in (elman.GRU(I, H, reset_after=False), elman.RNN(I, H, 1, "softplus")):
        module, x, other = First(layer), given("GRU"), given("GRU")
        with torch.no_grad():
            close(torch.jit.trace(module, x)(other), module(other))


@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
@grads
@everything
def test_make_fx(kind, graph, mode):
    _, ours = pair(kind)
    x, other = given(kind), given(kind)
    with torch.set_grad_enabled(graph):
        if mode == "real":
            program = make_fx(ours)(x)
        else:
            state = {k: v.detach() for k, v in ours.state_dict().items()}

            def call(state, x):
                return torch.func.functional_call(ours, state, (x,))

            whole = make_fx(call, tracing_mode=mode)(state, x)

            def program(x):
                return whole(state, x)

        close(program(other), ours(other))


@grads
@everything
def test_fake_tensors(kind, graph):
    theirs, ours = pair(kind)
    x = given(kind)
    for module in (theirs, ours):
        with FakeTensorMode(allow_non_fake_inputs=True) as mode:
            with torch.set_grad_enabled(graph):
                y = module(mode.from_tensor(x))
            assert type(y).__name__ == "FakeTensor"
            assert y.shape == (*x.shape[:-1], H)
            if graph:
                y.sum().backward()
    with FakeTensorMode(), torch.set_grad_enabled(graph):
        y = First(getattr(elman, kind)(I, H))(torch.randn(*x.shape))
        assert y.shape == (*x.shape[:-1], H)


@everything
def test_a_backward_pass_among_fakes(kind):
    """Forward ran in the core; backward meets a mode that it must not write to."""
    _, ours = pair(kind)
    x = given(kind).requires_grad_()
    y = ours(x)
    with FakeTensorMode(allow_non_fake_inputs=True):
        (found,) = torch.autograd.grad(y.sum(), x)
    assert found.shape == x.shape


@everything
def test_on_paper(kind):
    module = First(getattr(elman, kind)(I, H, device="meta"))
    y = module(given(kind).to("meta"))
    assert y.is_meta
    assert y.shape == (*given(kind).shape[:-1], H)


@layers
@stacks
def test_a_subclass_of_two_tensors(kind, options):
    theirs, ours = pair(kind, **options)
    x = TwoTensor(given(kind), given(kind))
    for wrapped in (False, True):
        found = []
        for module in (theirs, copy.deepcopy(ours)):
            if wrapped:
                for m in module.modules():
                    for name, p in list(m.named_parameters(recurse=False)):
                        twice = TwoTensor(p.detach(), p.detach().clone())
                        setattr(m, name, nn.Parameter(twice))
            found.append(module(x))
        assert type(found[1]) is type(found[0])
        if type(found[1]) is TwoTensor:
            close(found[1].a, found[0].a)
            close(found[1].b, found[0].b)
        else:  # torch's RNN drops the class where its weights are not of it
            close(found[1], found[0])


class Quiet(torch.Tensor):
    """A subclass without a rule of its own."""


@everything
def test_a_quiet_subclass_comes_out_as_from_torch(kind):
    theirs, ours = pair(kind)
    x = given(kind)
    for graph in (True, False):
        with torch.set_grad_enabled(graph):
            expected, found = (m(x.as_subclass(Quiet)) for m in (theirs, ours))
            assert type(found) is type(expected)
            close(found.as_subclass(torch.Tensor), ours(x))


@layers
@stacks
def test_operations_are_counted_as_torchs(kind, options):
    x = given(kind)
    found = []
    for module in pair(kind, **options):
        with FlopCounterMode(display=False) as counter:
            module(x).sum().backward()
        found.append(counter.get_total_flops())
    assert found[1] == found[0]


@layers
def test_gradients_of_each_example(kind):
    theirs, ours = pair(kind, batch_first=True)
    x = torch.randn(B, T, I)
    with torch.backends.mkldnn.flags(enabled=False):
        for module in (theirs, ours):
            call_for_per_sample_grads(module)(x).sum().backward()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(a.grad_sample, b.grad_sample)


@grads
@stacks
@layers
def test_the_older_onnx_exporter(kind, options, graph):
    runtime = pytest.importorskip("onnxruntime")
    _, ours = pair(kind, **options)
    x, file = given(kind), io.BytesIO()
    with torch.set_grad_enabled(graph), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(ours, (x,), file, dynamo=False, input_names=["x"])
    session = runtime.InferenceSession(file.getvalue())
    other = given(kind)
    (found,) = session.run(None, {"x": other.numpy()})
    close(torch.from_numpy(found), ours(other).detach())


class Names(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


class Calls(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.seen.append(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("mode", [Names, Calls])
@everything
def test_modes_see_what_they_see_of_torch(kind, mode):
    x = given(kind)
    found = []
    for module in pair(kind):
        with torch.no_grad(), mode() as seen:
            module(x)
        # Questions to a tensor, its axes, its type, are Elman's and torch's own.
        found.append([n for n in seen.seen if mode is Names or _recurrent(n)])
    assert found[1] == found[0] != []


def _recurrent(name):
    return any(word in name for word in ("rnn", "gru", "lstm"))


@layers
@pytest.mark.parametrize("form", ["dense", "packed", "unbatched"])
def test_states_and_forms(kind, form):
    """The whole call is torch's: packed rows, states given and returned."""
    theirs, ours = (m.module for m in pair(kind, num_layers=2))
    x: object = given(kind)
    h = torch.randn(2, B, H)
    if form == "packed":
        x = pack_sequence([torch.randn(n, I) for n in (5, 2, 1)])
    elif form == "unbatched":
        x, h = torch.randn(T, I), torch.randn(2, H)
    hx = (h, torch.randn_like(h)) if kind == "LSTM" else h
    for state in (None, hx):
        with Names():
            found, expected = ours(x, state), theirs(x, state)
        for a, b in zip(_flat(found), _flat(expected), strict=True):
            close(a, b)


def _flat(value):
    if isinstance(value, torch.Tensor):
        return [] if value.dtype == torch.int64 else [value]
    return [] if value is None else [t for part in value for t in _flat(part)]


@pytest.mark.parametrize("rows", [B, 80])
@everything
def test_many_gradients_at_once(kind, rows):
    theirs, ours = pair(kind)
    x = torch.randn(*given(kind).shape[:-2], rows, I, requires_grad=True)
    for module in (theirs, ours):
        y = module(x)
        many = torch.randn(2, *y.shape)
        (found,) = torch.autograd.grad(
            y, x, many, is_grads_batched=True, retain_graph=True
        )
        for k in range(2):
            close(found[k], torch.autograd.grad(y, x, many[k], retain_graph=True)[0])


@everything
def test_jacobians_at_once(kind):
    _, ours = pair(kind)
    x = given(kind)
    jacobian = torch.autograd.functional.jacobian
    close(jacobian(ours, x, vectorize=True), jacobian(ours, x))


@everything
def test_batched_gradients_are_checked_as_pytorch_checks_them(kind):
    _, ours = pair(kind)
    ours.double()
    x = given(kind).double().requires_grad_()
    torch.autograd.gradcheck(ours, (x,), check_batched_grad=True)
    torch.autograd.gradgradcheck(ours, (x,), check_batched_grad=True)


@pytest.mark.parametrize("rows", [B, 80])
@everything
def test_gradients_of_every_kind_arrive(kind, rows):
    _, ours = pair(kind)
    x = torch.randn(*given(kind).shape[:-2], rows, I, requires_grad=True)
    of = [x, *ours.parameters()]
    y = ours(x)
    dense = torch.ones_like(y)
    for gradient in (
        torch.ones(()).expand_as(y),
        torch.ones(H).expand_as(y),
        torch._neg_view(-dense),
        TwoTensor(dense, dense),
        dense.as_subclass(Quiet),
        dense.transpose(0, 1).contiguous().transpose(0, 1),
    ):
        found = torch.autograd.grad(y, of, gradient, retain_graph=True)
        expected = torch.autograd.grad(y, of, dense, retain_graph=True)
        for a, b in zip(found, expected, strict=True):
            close(getattr(a, "a", a).as_subclass(torch.Tensor), b)
    zeros = torch._efficientzerotensor(y.shape)
    for found in torch.autograd.grad(y, of, zeros, retain_graph=True):
        assert not found.any()


def test_zeros_without_memory():
    for kind in LAYERS + CELLS:
        _, ours = pair(kind)
        shape = given(kind).shape
        for graph in (True, False):
            with torch.set_grad_enabled(graph):
                expected = ours(torch.zeros(shape))
                close(ours(torch._efficientzerotensor(shape)), expected)
                part = torch._efficientzerotensor((7, *shape))[3]
                close(ours(part), expected)


@everything
def test_negated_views(kind):
    """An imaginary part of a conjugate, and weights that are one."""
    _, ours = pair(kind)
    x = given(kind)
    negated = copy.deepcopy(ours)
    for module in negated.modules():
        for name, p in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch._neg_view(-p.detach())))
    for graph in (True, False):
        with torch.set_grad_enabled(graph):
            expected = ours(x)
            close(ours(torch._neg_view(-x)), expected)
            close(negated(x), expected)
    single = given(kind)[:1].clone()
    with torch.no_grad():
        close(negated(single), ours(single))
