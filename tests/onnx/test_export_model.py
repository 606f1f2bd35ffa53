"""Whole models as ONNX: their recurrent layers are nodes, their numbers the same."""

import sys

import pytest
import torch
from torch import nn

import elman
from elman import InputError
from tolerance import assert_close

ort = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

V, I, H, L = 11, 3, 4, 2
# What torch's exporter says about itself.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning"
)


class Tagger(nn.Module):
    """Embedding, recurrent layers, linear: a batch of words to scores a word."""

    def __init__(self, kind, lib=elman, **options):
        super().__init__()
        self.embedding = nn.Embedding(V, I)
        self.encoder = getattr(lib, kind)(I, H, L, batch_first=True, **options)
        width = (self.encoder.proj_size or H) * (1 + self.encoder.bidirectional)
        self.head = nn.Linear(width, 5)

    def forward(self, words):
        y, state = self.encoder(self.embedding(words))
        return self.head(y), state


class Ragged(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = elman.GRU(I, H, reset_after=False)

    def forward(self, x, lengths):
        return self.encoder(x, lengths=lengths)


class Step(nn.Module):
    """One step with the state in and out, as a stream needs it."""

    def __init__(self):
        super().__init__()
        self.encoder, self.head = elman.LSTM(I, H, L), nn.Linear(H, 2)

    def forward(self, x, h, c):
        y, (h, c) = self.encoder(x.unsqueeze(0), (h, c))
        return self.head(y[0]), h, c


class Loop(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(I, H)

    def forward(self, x, h):
        return self.cell(x, h)


def flat(value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for part in value for tensor in flat(part)]


def agree(model, exported, *inputs):
    session = ort.InferenceSession(
        exported.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [i.name for i in session.get_inputs()]
    for given in inputs:
        found = session.run(
            None, {k: v.numpy() for k, v in zip(names, given, strict=True)}
        )
        expected = flat(model.eval()(*given))
        for actual, right in zip(found, expected, strict=True):
            assert_close(actual, right.detach(), summands=I + 4 * H, steps=40)


def nodes(exported):
    return [node.op_type for node in exported.graph.node]


@pytest.mark.parametrize(
    ("kind", "lib", "options"),
    [
        ("RNN", nn, {"nonlinearity": "relu"}),
        ("GRU", elman, {"bias": False}),
        ("LSTM", elman, {"bidirectional": True}),
    ],
    ids=lambda v: getattr(v, "__name__", str(v)),
)
def test_a_models_layers_become_standard_nodes(kind, lib, options, tmp_path):
    model = Tagger(kind, lib, dropout=0.5, **options)
    path = tmp_path / "tagger.onnx"
    exported = elman.onnx.export_model(model, torch.zeros(2, 3, dtype=torch.long), path)
    assert nodes(exported).count(kind) == L * (1 + model.encoder.bidirectional)
    assert "Scan" not in nodes(exported)
    assert "Slice" not in nodes(exported), "weights are put in order when exporting"
    assert type(model.encoder) is getattr(lib, kind), "as it was before"
    assert model.training
    inputs = [(torch.randint(V, shape),) for shape in ((2, 3), (1, 1), (5, 17))]
    agree(model, onnx.load(path), *inputs)


def test_what_has_no_node_is_a_scan():
    model = Tagger("LSTM", proj_size=2)
    exported = elman.onnx.export_model(model, torch.zeros(2, 3, dtype=torch.long))
    assert nodes(exported).count("Scan") == L
    assert "LSTM" not in nodes(exported)
    agree(model, exported, *[(torch.randint(V, s),) for s in ((2, 3), (1, 9))])


def test_lengths_are_an_input():
    model = Ragged()
    example = torch.zeros(5, 3, I), torch.tensor([5, 2, 1])
    exported = elman.onnx.export_model(model, example)
    (node,) = (n for n in exported.graph.node if n.op_type == "GRU")
    assert {a.name: a.i for a in node.attribute}["linear_before_reset"] == 0
    agree(
        model,
        exported,
        (torch.randn(6, 2, I), torch.tensor([4, 6])),
        (torch.randn(3, 4, I), torch.tensor([1, 3, 2, 3])),
    )


class Started(nn.Module):
    def __init__(self, kind, both):
        super().__init__()
        self.encoder = kind(I, H, L, bidirectional=both)

    def forward(self, x, lengths, h, c=None):
        y, last = self.encoder(x, h if c is None else (h, c), lengths=lengths)
        return (y, last) if c is None else (y, *last)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", [elman.RNN, elman.GRU, elman.LSTM])
def test_a_row_of_no_steps_keeps_its_state(kind, both):
    model, count = Started(kind, both), 1 + (kind is elman.LSTM)

    def given(*lengths):
        x = torch.randn(6, len(lengths), I)
        states = (torch.randn(L * (1 + both), len(lengths), H) for _ in range(count))
        return x, torch.tensor(lengths), *states

    exported = elman.onnx.export_model(model, given(6, 2, 1))
    agree(model, exported, given(0, 4, 6), given(3, 0), given(0, 0))


def test_one_step_with_its_state():
    model, rows = Step(), 2
    zeros = torch.zeros(L, rows, H)
    names = ["x", "h", "c"]
    exported = elman.onnx.export_model(
        model, (torch.zeros(rows, I), zeros, zeros), input_names=names
    )
    assert nodes(exported).count("LSTM") == L
    assert [i.name for i in exported.graph.input] == names
    given = [
        (torch.randn(b, I), torch.randn(L, b, H), torch.randn(L, b, H)) for b in (2, 5)
    ]
    agree(model, exported, *given)


def test_a_cell_is_exported():
    model = Loop()
    exported = elman.onnx.export_model(model, (torch.zeros(2, I), torch.zeros(2, H)))
    assert type(model.cell) is nn.GRUCell
    agree(model, exported, (torch.randn(3, I), torch.randn(3, H)))


def test_what_cannot_be_exported(monkeypatch):
    words = torch.zeros(2, 3, dtype=torch.long)
    with pytest.raises(InputError, match=r"expected a torch.nn.Module, got list"):
        elman.onnx.export_model([], words)
    with pytest.raises(InputError, match=r'expected "auto", None or .* got \'yes\''):
        elman.onnx.export_model(Tagger("GRU"), words, dynamic_shapes="yes")
    with pytest.raises(InputError, match="name the free axes"):
        elman.onnx.export_model(Tagger("GRU"), (), kwargs={"words": words})
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(InputError, match=r"pip install 'elman\[export\]'"):
        elman.onnx.export_model(Tagger("GRU"), words)
