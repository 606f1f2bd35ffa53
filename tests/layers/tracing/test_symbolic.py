"""torch.fx sees layers and cells as leaves, as it sees torch's."""

import copy

import pytest
import torch
from torch import nn

import elman
from elman import InputError

LAYERS = ["RNN", "GRU", "LSTM"]


def state_of(name, shape):
    torch.manual_seed(2)
    h, c = torch.randn(shape), torch.randn(shape)
    return (h, c) if name == "LSTM" else h


class Whole(nn.Module):
    """Lengths and a state in, a state out, by name and by place."""

    def __init__(self, package, name):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Sequential(nn.Linear(3, 3))
        self.rnn = getattr(package, name)(3, 4)

    def forward(self, x, hx):
        y, state = self.rnn(self.first(x), hx)
        y, state = self.rnn(input=self.first(x), hx=state)
        return y.relu() + 1, state


class Ragged(Whole):
    def forward(self, x, lengths):
        y, state = self.rnn(x, lengths=lengths)
        return y * 2, state


class Steps(nn.Module):
    def __init__(self, package, name):
        super().__init__()
        torch.manual_seed(0)
        self.cells = nn.ModuleList([getattr(package, name + "Cell")(3, 4)])
        self.name = name

    def forward(self, x, hx):
        outputs = []
        for t in range(3):
            hx = self.cells[0](x[t], hx)
            outputs.append(hx[0] if self.name == "LSTM" else hx)
        return torch.stack(outputs), hx


def same(one, other):
    pairs = zip(flat(one), flat(other), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def flat(value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [t for v in value for t in flat(v)]


def calls(graph):
    """Return what the nodes of a graph call, in their order."""
    return [(n.op, str(n.target)) for n in graph.graph.nodes if n.op == "call_module"]


@pytest.mark.parametrize("kind", [Whole, Steps])
@pytest.mark.parametrize("name", LAYERS)
def test_the_graph_is_that_of_torchs_layers(name, kind):
    ours, theirs = kind(elman, name), kind(nn, name)
    theirs.load_state_dict(ours.state_dict())
    graph, expected = torch.fx.symbolic_trace(ours), torch.fx.symbolic_trace(theirs)
    assert calls(graph) == calls(expected)
    x = torch.randn(5, 2, 3)
    state = state_of(name, (1, 2, 4) if kind is Whole else (2, 4))
    assert same(graph(x, state), ours(x, state))
    assert same(copy.deepcopy(graph)(x, state), ours(x, state))
    graph.graph.lint()
    flat(graph(x, state))[0].sum().backward()
    assert ours.get_parameter(next(iter(ours.state_dict()))).grad is not None


@pytest.mark.parametrize("name", LAYERS)
def test_lengths_are_symbols_too(name):
    model = Ragged(elman, name)
    graph = torch.fx.symbolic_trace(model)
    x = torch.randn(5, 2, 3)
    for lengths in (torch.tensor([5, 2]), torch.tensor([0, 4])):
        assert same(graph(x, lengths), model(x, lengths))
    fixed = torch.fx.symbolic_trace(model, concrete_args={"lengths": [5, 2]})
    assert same(fixed(x, [5, 2]), model(x, [5, 2]))


@pytest.mark.parametrize("name", LAYERS)
def test_a_state_alone_may_be_a_symbol(name):
    x = torch.randn(5, 2, 3)

    class Fixed(Whole):
        def forward(self, hx):
            return self.rnn(x, hx)[0]

    state, model = state_of(name, (1, 2, 4)), Fixed(elman, name)
    assert same(torch.fx.symbolic_trace(model)(state), model(state))


@pytest.mark.parametrize("name", [*LAYERS, "GRUCell"])
def test_a_layer_alone_has_no_parts(name):
    with pytest.raises(InputError, match="is a leaf"):
        torch.fx.symbolic_trace(getattr(elman, name)(3, 4))


def test_a_class_around_a_layer_is_no_leaf_and_says_so():
    class Doubled(elman.GRU):
        def forward(self, x):
            return super().forward(x)[0] * 2

    model = nn.Sequential(Doubled(3, 4))
    with pytest.raises(InputError, match="make it a leaf"):
        torch.fx.symbolic_trace(model)

    class Tracer(torch.fx.Tracer):
        def is_leaf_module(self, m, name):
            return isinstance(m, Doubled) or super().is_leaf_module(m, name)

    graph = torch.fx.GraphModule(model, Tracer().trace(model))
    x = torch.randn(5, 2, 3)
    assert torch.equal(graph(x), model(x))


def test_a_derived_class_without_a_forward_is_a_leaf():
    model = nn.Sequential(type("Derived", (elman.GRU,), {})(3, 4))
    x = torch.randn(5, 2, 3)
    assert same(torch.fx.symbolic_trace(model)(x), model(x))
