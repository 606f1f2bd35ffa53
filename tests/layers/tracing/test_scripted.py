"""TorchScript: what is scripted is torch's layer with the same weights."""

import copy
import io
import pickle

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import elman
from elman import InputError
from tolerance import assert_close

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit")
T, B, I, H = 5, 2, 3, 4
LAYERS = ["RNN", "GRU", "LSTM"]
OPTIONS = (
    {},
    {"num_layers": 2, "bidirectional": True},
    {"bias": False, "batch_first": True},
)


class Model(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x):
        return self.rnn(x)


class Packed(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x: Tensor, lengths: Tensor):
        packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
        y, _ = self.rnn(packed)
        return pad_packed_sequence(y)[0]


def first(result):
    return first(result[0]) if isinstance(result, tuple) else result


@pytest.mark.parametrize("name", LAYERS)
def test_scripted_saved_and_loaded(name):
    for options in OPTIONS:
        model = Model(getattr(elman, name)(I, H, dtype=torch.float64, **options))
        kind, x = type(model.rnn), torch.randn(T, B, I, dtype=torch.float64)
        scripted = torch.jit.script(model)
        file = io.BytesIO()
        torch.jit.save(scripted, file)
        file.seek(0)
        frozen = torch.jit.freeze(torch.jit.script(copy.deepcopy(model).eval()))
        expected = first(model(x)).detach()
        for found in (scripted, torch.jit.load(file), frozen):
            actual = first(found(x)).detach()
            assert_close(actual, expected, summands=4 * (I + H), steps=T)
        # The model itself is as it was, and can be used, copied and scripted again.
        assert type(model.rnn) is kind
        with torch.no_grad():
            model.rnn.weight_hh_l0.zero_()
        expected = first(scripted(x)).detach()
        for again in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
            actual = first(again(x)).detach()
            assert_close(actual, expected, summands=4 * (I + H), steps=T)
        torch.jit.script(model)


@pytest.mark.parametrize("name", LAYERS)
def test_scripted_with_packed_sequences(name):
    model = Packed(getattr(elman, name)(I, H, dtype=torch.float64))
    x, lengths = torch.randn(T, B, I, dtype=torch.float64), torch.tensor([3, 5])
    actual = torch.jit.script(model)(x, lengths)
    assert_close(actual, model(x, lengths), summands=4 * (I + H), steps=T)


@pytest.mark.parametrize("name", LAYERS)
def test_cells_are_scripted_in_models_and_alone(name):
    cell = getattr(elman, name + "Cell")(I, H, dtype=torch.float64)
    x = torch.randn(B, I, dtype=torch.float64)
    for scripted in (torch.jit.script(Model(cell)), torch.jit.script(cell)):
        assert_close(first(scripted(x)), first(cell(x)), summands=4 * (I + H), steps=1)


@pytest.mark.parametrize("name", [*LAYERS, "LSTMCell"])
def test_what_accelerate_made_is_scripted(name):
    model = Model(getattr(nn, name)(I, H, dtype=torch.float64))
    shape = (B, I) if "Cell" in name else (T, B, I)
    x = torch.randn(shape, dtype=torch.float64)
    expected = first(model(x))
    elman.accelerate(model)
    actual = first(torch.jit.script(model)(x))
    assert_close(actual, expected, summands=4 * (I + H), steps=T)
    elman.restore(model)
    assert torch.equal(first(torch.jit.script(model)(x)), expected)


@pytest.mark.parametrize(
    ("module", "why"),
    [
        (elman.GRU(I, H, reset_after=False), "no reset_after=False"),
        (elman.GRUCell(I, H, reset_after=False), "no reset_after=False"),
        (elman.RNN(I, H, nonlinearity="softplus"), "no nonlinearity='softplus'"),
        (elman.RNNCell(I, H, nonlinearity="sigmoid"), "no nonlinearity='sigmoid'"),
        (elman.LSTM(I, H, zoneout=0.1), r"no zoneout=0\.1"),
        (elman.LSTM(I, H, stateful=True), "no stateful=True"),
    ],
    ids=repr,
)
def test_what_torch_lacks_is_named(module, why):
    for model in (module, Model(module)):
        with pytest.raises(InputError, match=f"torch.jit.script: .*torch has {why}"):
            torch.jit.script(model)


def test_computed_weights_are_refused():
    layer = elman.GRU(I, H)
    nn.utils.parametrizations.weight_norm(layer, "weight_hh_l0")
    with pytest.raises(InputError, match="remove_parametrizations"):
        torch.jit.script(Model(layer))


class Doubled(elman.GRU):
    def forward(self, x):
        return super().forward(x)[0] * 2


class Another(elman.GRU):
    def forward(self, x):
        return x * 2


def test_a_forward_of_its_own_is_never_left_out():
    with pytest.raises(InputError, match="let it hold a layer, not be one"):
        torch.jit.script(Model(Doubled(I, H)))
    x = torch.randn(T, B, I)
    assert torch.equal(torch.jit.script(Model(Another(I, H)))(x), x * 2)


def test_a_replaced_weight_is_the_one_that_is_scripted():
    layer = elman.GRU(I, H)
    layer._parameters["weight_hh_l0"] = nn.Parameter(torch.zeros(3 * H, H))
    x = torch.randn(T, B, I)
    actual = first(torch.jit.script(Model(layer))(x))
    assert torch.allclose(actual, first(layer(x)), atol=1e-6)
