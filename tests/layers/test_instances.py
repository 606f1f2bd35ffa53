"""Layers are instances of torch's layers, for programs that branch by them."""

import io
import pickle

import pytest
import torch
from torch import nn

import elman

NAMES = ["RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell"]
LAYERS = NAMES[:3]


@pytest.mark.parametrize("name", NAMES)
def test_they_are_instances(name):
    module = getattr(elman, name)(3, 4)
    assert isinstance(module, getattr(nn, name))
    assert issubclass(getattr(elman, name), getattr(nn, name))
    others = [n for n in NAMES if n != name]
    assert not any(isinstance(module, getattr(nn, n)) for n in others)


@pytest.mark.parametrize(
    "module",
    [
        elman.GRU(3, 4, reset_after=False),
        elman.RNN(3, 4, nonlinearity="softplus"),
        elman.LSTM(3, 4, zoneout=0.1),
    ],
    ids=repr,
)
def test_variants_are_instances_too_and_say_what_differs(module):
    """They have torch's parameters, which is what initialisers ask for."""
    twin = getattr(nn, type(module).__name__)
    assert isinstance(module, twin)
    (left,) = elman.restore(module).left.values()
    assert "torch has no" in left


def initialise(module):
    if isinstance(module, nn.RNN | nn.GRU | nn.LSTM):
        for name, p in module.named_parameters():
            nn.init.constant_(p, 1.0 if "bias" in name else 0.0)


@pytest.mark.parametrize("how", ["import line", "accelerate"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_programs_initialiser_finds_them(name, how):
    package = elman if how == "import line" else nn
    model = nn.Sequential(getattr(package, name)(3, 4, 2), nn.Linear(4, 1))
    elman.accelerate(model)
    model.apply(initialise)
    values = {n: p.unique().tolist() for n, p in model[0].named_parameters()}
    assert values == {n: [1.0 if "bias" in n else 0.0] for n in values}
    assert type(model[0]) is getattr(elman, name)


@pytest.mark.parametrize("name", LAYERS)
def test_what_was_built_is_torchs(name):
    """Constructor, mode and extra attributes are the same, whichever base builds."""
    for args, options in (
        ((3, 4), {}),
        ((3, 4, 2), {"bias": False, "bidirectional": True, "batch_first": True}),
    ):
        torch.manual_seed(0)
        ours = getattr(elman, name)(*args, **options)
        torch.manual_seed(0)
        theirs = getattr(nn, name)(*args, **options)
        for key, value in theirs.__dict__.items():
            if key not in ("_parameters", "_flat_weights", "_flat_weight_refs"):
                assert ours.__dict__[key] == value, key
        for (a, p), (b, q) in zip(
            ours.named_parameters(), theirs.named_parameters(), strict=True
        ):
            assert a == b
            assert torch.equal(p, q)


@pytest.mark.parametrize("name", LAYERS)
def test_what_was_pickled_before_loads(name):
    """A layer's own dictionary was torch's and no more."""
    layer = getattr(elman, name)(3, 4)
    state = layer.__getstate__()
    del state["_by_name"]
    old = getattr(elman, name).__new__(getattr(elman, name))
    old.__setstate__(state)
    x = torch.randn(5, 2, 3)
    assert torch.equal(old(x)[0], layer(x)[0])
    again = pickle.loads(pickle.dumps(old))  # noqa: S301
    assert torch.equal(again(x)[0], layer(x)[0])
    kept = io.BytesIO()
    torch.save(layer.state_dict(), kept)
    kept.seek(0)
    getattr(nn, name)(3, 4).load_state_dict(torch.load(kept, weights_only=True))


class Model(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.rnn, self.head = layer, nn.Linear(4, 1)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


@pytest.mark.parametrize("name", LAYERS)
def test_compilers_take_them_in_and_leave_torchs_out(name):
    """Every instance of torch's layers breaks a graph, but not Elman's."""
    x = torch.randn(5, 2, 3)
    ours = Model(getattr(elman, name)(3, 4))
    compiled = torch.compile(ours, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(x), ours(x), atol=1e-6)
    derived = Model(type("Derived", (getattr(elman, name),), {})(3, 4))
    compiled = torch.compile(derived, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(x), derived(x), atol=1e-6)
    theirs = Model(getattr(nn, name)(3, 4))
    with pytest.raises(Exception, match=r"RNN, GRU, (or|and) LSTM"):
        torch.compile(theirs, fullgraph=True, backend="eager")(x)
    assert not torch._dynamo.config.allow_rnn


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_dynamic_quantisation_goes_by_the_class_itself():
    """As the guide says: restored first, the layer is quantised."""
    quantise = torch.ao.quantization.quantize_dynamic
    model = Model(elman.LSTM(3, 4)).eval()
    assert type(quantise(model, {nn.LSTM}).rnn) is elman.LSTM
    elman.restore(model)
    assert "quantized" in type(quantise(model, {nn.LSTM}).rnn).__module__
