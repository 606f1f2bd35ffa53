"""Layers of any cell as ONNX: a standard node where there is one, else a Scan."""

import pytest
import torch
from torch import nn

import elman
from elman import cells, layers
from elman.cells import maximum, row_mean, sigmoid, tanh
from tolerance import assert_close

ort = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
# What torch's exporter says about itself.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

I, H = 3, 4


class Own(elman.Cell):
    states = ("h", "s")

    def step(self, x, h, s):
        keep = sigmoid(self.linear("k", x, h))
        s = keep * s + (1 - keep) * tanh(self.linear("u", x, keep * h))
        return self.unit("scale", 1.0) * s, s


class Rows(elman.Cell):
    """Sizes and constants inside the loop, of which a Scan must name none."""

    heads = 2

    def step(self, x, h):
        a = self.layer_norm(self.linear("a", x, h), "a")
        return tanh(maximum(a, -0.5)) * row_mean(h) + 0.5 * h


class Net(nn.Module):
    def __init__(self, cell, **options):
        super().__init__()
        self.rnn = layers.layer_of(cell, I, H, **options)

    def forward(self, x, lengths):
        return self.rnn(x, lengths=lengths)[0]


def run(model, *given):
    session = ort.InferenceSession(model.SerializeToString())
    names = [i.name for i in session.get_inputs()]
    named = {n: v.numpy() for n, v in zip(names, given, strict=True)}
    return [torch.from_numpy(v) for v in session.run(None, named)]


CELLS = {
    "lru": (cells.cell("lru"), {}, "Scan"),
    "peephole_lstm": (cells.cell("peephole_lstm"), {"bidirectional": True}, "LSTM"),
    "own": (Own(), {"batch_first": True}, "Scan"),
    "rows": (Rows(), {"num_layers": 2}, "Scan"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_model_with_any_cell(name):
    cell, options, node = CELLS[name]
    torch.manual_seed(0)
    model = Net(cell, **options).eval()
    first = (3, 5, I) if options.get("batch_first") else (5, 3, I)
    given = torch.randn(first), torch.tensor([3, 5, 1])
    written = elman.onnx.export_model(model, given)
    kinds = [n.op_type for n in written.graph.node]
    places = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    assert kinds.count(node) == places
    second = (4, 9, I) if options.get("batch_first") else (9, 4, I)
    given = torch.randn(second), torch.tensor([3, 9, 1, 6])
    with torch.no_grad():
        assert_close(run(written, *given)[0], model(*given), summands=9 * (H + I))


@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_with_peepholes_is_standard_nodes(bias):
    torch.manual_seed(0)
    layer = elman.PeepholeLSTM(I, H, 2, bidirectional=True, bias=bias)
    written = elman.onnx.export(layer, lengths=True)
    assert [n.op_type for n in written.graph.node].count("LSTM") == 2
    x, lengths = torch.randn(6, 4, I), torch.tensor([6, 2, 1, 4])
    hx = torch.randn(4, 4, H), torch.randn(4, 4, H)
    got = run(written, x, *hx, lengths.int())
    with torch.no_grad():
        y, state = layer(x, hx, lengths=lengths)
    for mine, theirs in zip(got, (y, *state), strict=True):
        assert_close(mine, theirs, summands=6 * (H + I))


@pytest.mark.parametrize(
    "cell",
    [
        cells.cell("gru"),
        cells.cell("gru_reset_before"),
        cells.cell("lstm"),
        cells.cell("rnn", nonlinearity="relu"),
    ],
    ids=lambda c: type(c).__name__,
)
def test_torchs_cells_as_equations_are_nodes_too(cell):
    torch.manual_seed(0)
    layer = layers.layer_of(cell, I, H)
    x = torch.randn(6, 4, I)
    got = run(elman.onnx.export(layer, state=False), x)
    with torch.no_grad():
        assert_close(got[0], layer(x)[0], summands=6 * (H + I))


WHOLE = {
    "state": (elman.JANET, {"num_layers": 2}, {}),
    "lengths": (elman.CoRNN, {"batch_first": True}, {"lengths": True}),
    "no state": (elman.JANET, {"state_batch_first": True}, {"state": False}),
    "one step": (elman.LRU, {}, {"one_step": True}),
    "computed": (cells.find("orthogonal").layer, {}, {"state": False}),
}


@pytest.mark.parametrize("form", WHOLE)
def test_a_layer_without_a_node_is_a_model_with_the_same_names(form):
    kind, options, how = WHOLE[form]
    torch.manual_seed(0)
    layer = kind(I, H, **options)
    written = elman.onnx.export(layer, **how)
    names = [i.name for i in written.graph.input]
    states = layer.cell.states
    starts = [f"{s}_0" for s in states] if how.get("state", True) else []
    assert names == ["input", *starts, *(["lengths"] if "lengths" in how else [])]
    assert [o.name for o in written.graph.output] == [
        "output",
        *(f"{s}_n" for s in states),
    ]
    x = torch.randn(6, 5, I) if not layer.batch_first else torch.randn(5, 6, I)
    lengths = torch.tensor([6, 2, 0, 4, 1]) if "lengths" in how else None
    hx = tuple(torch.randn(layer.num_layers, 5, H) for _ in starts)
    given = [x[0] if "one_step" in how else x, *hx]
    got = run(written, *given, *([] if lengths is None else [lengths.int()]))
    start = (hx if len(hx) > 1 else hx[0]) if hx else None
    with torch.no_grad():
        y, last = layer(x[:1] if "one_step" in how else x, start, lengths=lengths)
    expected = y[0] if "one_step" in how else y, *(last if len(states) > 1 else (last,))
    for mine, theirs in zip(got, expected, strict=True):
        assert_close(mine, theirs, summands=6 * (H + I))


def test_sizes_that_are_equal_by_chance_stay_free():
    """Two rows: rows times units are as many as gates times units."""
    torch.manual_seed(0)
    model = Net(cells.cell("janet"), num_layers=2).eval()
    written = elman.onnx.export_model(
        model, (torch.randn(5, 2, I), torch.tensor([5, 2]))
    )
    given = torch.randn(4, 3, I), torch.tensor([3, 4, 1])
    with torch.no_grad():
        assert_close(run(written, *given)[0], model(*given), summands=4 * (H + I))
