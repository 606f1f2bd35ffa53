"""Whatever way a weight is changed, the next call runs on it: nothing is kept."""

import copy

import pytest
import torch

from elman import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell

I, H = 5, 19
LAYERS = {
    "tanh": lambda: RNN(I, H, 2),
    "relu": lambda: RNN(I, H, nonlinearity="relu"),
    "gru": lambda: GRU(I, H, 2),
    "before": lambda: GRU(I, H, reset_after=False),
    "lstm": lambda: LSTM(I, H, 2),
    "both": lambda: LSTM(I, H, bidirectional=True),
    "projected": lambda: LSTM(I, H, proj_size=7),
}
CELLS = {
    "tanh": lambda: RNNCell(I, H),
    "gru": lambda: GRUCell(I, H),
    "before": lambda: GRUCell(I, H, reset_after=False),
    "lstm": lambda: LSTMCell(I, H),
}


def by_data(parameter):
    return parameter.data


def by_detach(parameter):
    return parameter.detach()


def by_numpy(parameter):
    return torch.from_numpy(parameter.detach().numpy())


VIEWS = {"data": by_data, "detach": by_detach, "numpy": by_numpy}
PARTS = {
    "row": lambda w: w[w.shape[0] // 3],
    "element": lambda w: w.view(-1)[w.numel() // 2 : w.numel() // 2 + 1],
    "slice": lambda w: w[1 : w.shape[0] : 3],
    "column": lambda w: w[..., -1:],
}


def flat(result):
    if isinstance(result, torch.Tensor):
        return [result]
    return [t for part in result for t in flat(part)]


def same(found, expected):
    """Say whether all bits are the same; a long way through a ReLU ends in NaN."""
    pairs = zip(found, expected, strict=True)
    return all(torch.allclose(a, b, 0.0, 0.0, equal_nan=True) for a, b in pairs)


def check(module, *given):
    """Change a part of each parameter in each way, between calls that stay short."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            for view in VIEWS.values():
                for part in PARTS.values():
                    before = flat(module(*given))
                    kept = parameter.clone()
                    version = parameter._version
                    part(view(parameter)).add_(20.0)  # no ReLU hides it
                    found = flat(module(*given))
                    expected = flat(copy.deepcopy(module)(*given))
                    assert same(found, expected), name
                    assert not same(found, before), name
                    if view is by_data:
                        assert parameter._version == version  # nothing counted it
                    parameter.data.copy_(kept)


@pytest.mark.parametrize("steps", [1, 2, 5, 16, 40])
@pytest.mark.parametrize("kind", LAYERS)
def test_a_changed_part_is_seen_by_a_layer(kind, steps):
    torch.manual_seed(0)
    layer = LAYERS[kind]()
    states = layer.num_layers * (2 if layer.bidirectional else 1)
    h = torch.rand(states, 1, layer.proj_size or H)
    hx = (h, torch.rand(states, 1, H)) if isinstance(layer, LSTM) else h
    check(layer, torch.rand(steps, 1, I), hx)


@pytest.mark.parametrize("rows", [1, 3, 9])
@pytest.mark.parametrize("kind", CELLS)
def test_a_changed_part_is_seen_by_a_cell(kind, rows):
    torch.manual_seed(0)
    cell = CELLS[kind]()
    h = torch.rand(rows, H)
    hx = (h, torch.rand_like(h)) if isinstance(cell, LSTMCell) else h
    check(cell, torch.rand(rows, I), hx)


@pytest.fixture(params=[RNN, GRU, LSTM])
def layer(request):
    return request.param(5, 20)


def change(how, layer):
    weight = layer.weight_hh_l0
    if how == "in place":
        weight.mul_(0.5)
    elif how == "new storage":
        weight.data = weight.data * 0.5
    elif how == "new parameter":
        layer.weight_hh_l0 = torch.nn.Parameter(weight * 0.5)
    else:
        layer.load_state_dict({k: v * 0.5 for k, v in layer.state_dict().items()})


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("how", ["in place", "new storage", "new parameter", "loaded"])
def test_a_new_weight_is_seen(layer, how, mode):
    x = torch.ones(3, 1, 5)
    with mode():
        first = layer(x)[0]
    with torch.no_grad():
        change(how, layer)
    with mode():
        assert not torch.equal(layer(x)[0], first)
        assert torch.equal(layer(x)[0], copy.deepcopy(layer)(x)[0])


def test_weights_of_another_dtype_are_seen(layer):
    with torch.no_grad():
        for dtype in (torch.float64, torch.float32, torch.float64):
            layer.to(dtype)
            x = torch.ones(1, 1, 5, dtype=dtype)
            assert torch.equal(layer(x)[0], copy.deepcopy(layer)(x)[0])


@torch.no_grad()
def test_the_other_form_of_a_gru_does_not_find_this_ones():
    layer, x = GRU(5, 20), torch.ones(1, 1, 5)
    for layer.reset_after in (True, False, True):
        assert torch.equal(layer(x)[0], copy.deepcopy(layer)(x)[0])
