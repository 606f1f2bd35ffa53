"""A model's torch layers become Elman's and back: nothing but their class changes."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

import elman
from tolerance import assert_close

KINDS = ["RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell"]


class Model(nn.Module):
    """Layers in a list, one shared under two names, one tied to another."""

    def __init__(self):
        super().__init__()
        self.stack = nn.ModuleList([nn.GRU(3, 4, 2, bidirectional=True), nn.LSTM(8, 4)])
        self.inner = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
        self.again = self.stack[1]
        self.tied = nn.LSTM(8, 4)
        self.tied.weight_hh_l0 = self.stack[1].weight_hh_l0
        self.relu = nn.RNN(4, 4, nonlinearity="relu", batch_first=True)

    def forward(self, x):
        y, _ = self.stack[0](x)
        z = self.again(y)[0] + self.tied(y)[0]
        return self.relu(self.inner(z))[0]


def test_same_objects_same_results_and_back():
    model = Model().eval()
    model.relu.requires_grad_(False)
    model.stack[0].dropout = 0.5
    modules, parameters = list(model.modules()), dict(model.named_parameters())
    state = {k: v.clone() for k, v in model.state_dict().items()}
    text = repr(model)
    x = torch.randn(5, 2, 3)
    expected = model(x)

    done = elman.accelerate(model)
    assert done.swapped == {
        "stack.0": "torch.nn.GRU → elman.GRU",
        "stack.1": "torch.nn.LSTM → elman.LSTM",
        "tied": "torch.nn.LSTM → elman.LSTM",
        "relu": "torch.nn.RNN → elman.RNN",
    }
    assert not done.left
    assert isinstance(model.stack[0], elman.GRU)
    assert model.again is model.stack[1]
    assert model.tied.weight_hh_l0 is model.again.weight_hh_l0
    assert all(a is b for a, b in zip(modules, model.modules(), strict=True))
    found = dict(model.named_parameters())
    assert list(found) == list(parameters)
    assert all(found[k] is p for k, p in parameters.items())
    assert not model.relu.weight_ih_l0.requires_grad
    assert not any(m.training for m in model.modules())
    assert repr(model) == text
    assert_close(model(x), expected, summands=24, steps=20)

    optimiser = torch.optim.SGD(parameters.values(), 0.1)
    model(x).sum().backward()
    optimiser.step()
    assert not torch.equal(model(x), expected)
    assert elman.accelerate(model).swapped == {}

    changed = model(x)
    back = elman.restore(model)
    assert set(back.swapped) == set(done.swapped)
    assert type(model.stack[0]) is nn.GRU
    assert type(model.relu) is nn.RNN
    assert_close(model(x), changed, summands=24, steps=20)
    model.load_state_dict(state)
    assert torch.equal(model(x), expected)


@pytest.mark.parametrize("name", KINDS)
def test_the_model_may_be_a_layer(name):
    layer = getattr(nn, name)(3, 4)
    before = set(vars(layer))
    report = elman.accelerate(layer)
    assert type(layer) is getattr(elman, name)
    assert str(report) == f"(the model itself)  torch.nn.{name} → elman.{name}"
    layer(torch.randn(2, 3))
    assert type(copy.deepcopy(layer)) is type(layer)
    elman.restore(layer)
    assert type(layer) is getattr(nn, name)
    assert set(vars(layer)) == before


def test_hooks_stay():
    layer, seen = nn.GRU(3, 4), []
    layer.register_forward_pre_hook(lambda m, a: seen.append("before"))
    layer.register_forward_hook(lambda m, a, out: seen.append("after"))
    layer.register_full_backward_hook(lambda m, i, o: seen.append("backward"))
    layer.weight_hh_l0.register_hook(lambda g: seen.append("weight"))
    elman.accelerate(layer)
    layer(torch.randn(5, 2, 3, requires_grad=True))[0].sum().backward()
    assert sorted(seen) == ["after", "backward", "before", "weight"]


@pytest.mark.parametrize(
    "wrap",
    [
        parametrizations.weight_norm,
        parametrizations.spectral_norm,
        parametrizations.orthogonal,
        lambda m, name: prune.l1_unstructured(m, name, 0.5),
    ],
    ids=["weight_norm", "spectral_norm", "orthogonal", "pruning"],
)
@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_wrapped_weights_stay_wrapped(name, wrap):
    layer = getattr(nn, name)(4, 4).eval()
    wrap(layer, "weight_hh_l0")
    other = copy.deepcopy(layer) if hasattr(layer, "parametrizations") else None
    x = torch.randn(5, 2, 4)
    expected = layer(x)[0]
    names = [n for n, _ in layer.named_parameters()]
    report = elman.accelerate(layer)
    assert report.swapped == {"": f"torch.nn.{name} → elman.{name}"}
    assert isinstance(layer, getattr(elman, name))
    assert [n for n, _ in layer.named_parameters()] == names
    assert_close(layer(x)[0], expected, summands=20, steps=5)
    layer(x)[0].sum().backward()
    assert all(p.grad is not None for p in layer.parameters())
    assert not isinstance(other, getattr(elman, name)), "a copy is not its original"
    if hasattr(layer, "parametrizations"):
        nn.utils.parametrize.remove_parametrizations(layer, "weight_hh_l0")
        assert type(layer) is getattr(elman, name)
        assert_close(layer(x)[0], expected, summands=20, steps=5)
    else:
        elman.restore(layer)
        assert torch.equal(layer(x)[0], expected)


def test_restoring_a_parametrised_layer():
    layer = parametrizations.weight_norm(nn.GRU(3, 4), "weight_hh_l0")
    x = torch.randn(5, 2, 3)
    expected = layer(x)[0]
    elman.accelerate(layer)
    elman.restore(layer)
    assert not isinstance(layer, elman.GRU)
    assert torch.equal(layer(x)[0], expected)
    nn.utils.parametrize.remove_parametrizations(layer, "weight_hh_l0")
    assert type(layer) is nn.GRU


def test_what_is_left_alone_and_why():
    class Mine(nn.GRU):
        pass

    model = nn.ModuleDict(
        {
            "mine": Mine(3, 4),
            "before": elman.GRU(3, 4, reset_after=False),
            "soft": elman.RNNCell(3, 4, nonlinearity="softplus"),
            "linear": nn.Linear(3, 4),
        }
    )
    left = elman.accelerate(model).left
    assert left == {"mine": f"{Mine.__qualname__} is a class of its own"}
    report = elman.restore(model)
    assert report.swapped == {}
    assert report.left["before"] == "torch has no reset_after=False"
    assert report.left["soft"] == "torch has no nonlinearity='softplus'"
    assert "before  left as it is: torch has no reset_after=False" in str(report)
    assert type(model["mine"]) is Mine
    assert str(elman.accelerate(nn.Linear(2, 2))) == "no recurrent layers"


def test_not_a_model():
    with pytest.raises(elman.InputError, match=r"expected a torch.nn.Module, got list"):
        elman.accelerate([nn.GRU(3, 4)])
