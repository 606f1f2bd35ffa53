"""A layer's ONNX model gives in ONNX Runtime what the layer gives, at any size."""

import sys

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

import elman
from elman import InputError
from tolerance import assert_close

ort = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

I, H = 3, 5
LAYERS = [
    (elman.RNN, {}),
    (elman.RNN, {"nonlinearity": "relu"}),
    (elman.RNN, {"nonlinearity": "softplus"}),
    (elman.GRU, {}),
    (elman.GRU, {"reset_after": False}),
    (elman.LSTM, {}),
    (nn.LSTM, {}),
    (elman.GRU, {"bias": False}),
]
SIZES = [(5, 3), (1, 1), (9, 2)]  # T, B


def session(model):
    provider = ["CPUExecutionProvider"]
    return ort.InferenceSession(model.SerializeToString(), providers=provider)


def states_of(layer, rows):
    places = layer.num_layers * (1 + layer.bidirectional)
    return [torch.randn(places, rows, H) for _ in range(1 + (layer.mode == "LSTM"))]


def flat(y, state):
    return [y, *(state if isinstance(state, tuple) else (state,))]


def compare(layer, ran, feeds, expected):
    results = ran.run(None, {k: v.numpy() for k, v in feeds.items()})
    for actual, right in zip(results, expected, strict=True):
        assert_close(actual, right.detach(), summands=I + 4 * H, steps=20)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
@pytest.mark.parametrize(("kind", "more"), LAYERS, ids=str)
def test_the_runtime_agrees_at_several_sizes(kind, more, layers, both, batch_first):
    layer = kind(
        I, H, layers, bidirectional=both, batch_first=batch_first, **more
    ).eval()
    model = elman.onnx.export(layer)
    ops = [n.op_type for n in model.graph.node]
    assert ops.count(layer.mode.split("_")[0]) == layers
    ran = session(model)
    zero = session(elman.onnx.export(layer, state=False))
    for steps, rows in SIZES:
        x = torch.randn((rows, steps, I) if batch_first else (steps, rows, I))
        states = states_of(layer, rows)
        hx = tuple(states) if len(states) == 2 else states[0]
        feeds = {"input": x, **dict(zip(("h_0", "c_0"), states, strict=False))}
        compare(layer, ran, feeds, flat(*layer(x, hx)))
        compare(layer, zero, {"input": x}, flat(*layer(x)))


@pytest.mark.parametrize("kind", [elman.RNN, elman.GRU, elman.LSTM])
def test_lengths(kind):
    layer = kind(I, H, 2, bidirectional=True)
    ran = session(elman.onnx.export(layer, state=False, lengths=True))
    for lengths in ([5, 2, 3], [1, 5], [0, 4, 0]):
        x = torch.randn(5, len(lengths), I)
        feeds = {"input": x, "lengths": torch.tensor(lengths, dtype=torch.int32)}
        compare(layer, ran, feeds, flat(*layer(x, lengths=lengths)))


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
@pytest.mark.parametrize("kind", [elman.RNN, elman.GRU, elman.LSTM])
def test_a_row_of_no_steps_keeps_its_state(kind, layers, both, batch_first):
    layer = kind(I, H, layers, bidirectional=both, batch_first=batch_first)
    ran = session(elman.onnx.export(layer, lengths=True))
    for lengths in ([0, 5, 3], [2, 0], [0], [0, 0]):
        x, hx = torch.randn(5, len(lengths), I), states_of(layer, len(lengths))
        x = x.transpose(0, 1).contiguous() if batch_first else x
        feeds = {"input": x, "lengths": torch.tensor(lengths, dtype=torch.int32)}
        feeds |= dict(zip(("h_0", "c_0"), hx, strict=False))
        given = tuple(hx) if layer.mode == "LSTM" else hx[0]
        compare(layer, ran, feeds, flat(*layer(x, given, lengths=lengths)))


@pytest.mark.parametrize("kind", [elman.RNN, elman.GRU, elman.LSTM])
def test_step_by_step_is_the_whole(kind):
    layer = kind(I, H, 2)
    ran = session(elman.onnx.export(layer, one_step=True))
    x = torch.randn(6, 2, I)
    states = states_of(layer, 2)
    hx = tuple(states) if len(states) == 2 else states[0]
    expected = flat(*layer(x, hx))
    now = [s.numpy() for s in states]
    for t in range(6):
        feeds = {"input": x[t].numpy(), **dict(zip(("h_0", "c_0"), now, strict=False))}
        y, *now = ran.run(None, feeds)
        assert_close(y, expected[0][t].detach(), summands=I + 4 * H, steps=20)
    for actual, right in zip(now, expected[1:], strict=True):
        assert_close(actual, right.detach(), summands=I + 4 * H, steps=20)


def test_parametrised_weights_and_a_file(tmp_path):
    layer = parametrizations.weight_norm(elman.GRU(I, H), "weight_hh_l0")
    path = tmp_path / "gru.onnx"
    elman.onnx.export(layer, path, state=False)
    x = torch.randn(4, 2, I)
    compare(layer, session(onnx.load(path)), {"input": x}, flat(*layer(x)))


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        (nn.Linear(2, 2), {}, "expected an RNN, GRU or LSTM, got Linear"),
        (elman.LSTM(I, H, proj_size=2), {}, "has no projection"),
        (elman.RNN(I, H, nonlinearity="identity"), {}, "no 'identity' activation"),
        (elman.GRU(I, H, dtype=torch.float16), {}, "float16 cannot be exported"),
        (elman.GRU(I, H), {"one_step": True, "lengths": True}, "one_step: "),
        (elman.GRU(I, H, bidirectional=True), {"one_step": True}, "one_step: "),
        (elman.GRU(2, 3, zoneout=0.1), {}, r"zoneout=0.1 has no counterpart"),
        (
            elman.GRU(2, 3, learn_initial_state=True),
            {"state": False},
            r"learn_initial_state=True has no .*; use state=True",
        ),
    ],
)
def test_what_cannot_be_exported_is_named(layer, options, message):
    with pytest.raises(InputError, match=message):
        elman.onnx.export(layer, **options)


def test_without_the_onnx_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"pip install 'elman\[export\]'"):
        elman.onnx.export(elman.GRU(I, H))
