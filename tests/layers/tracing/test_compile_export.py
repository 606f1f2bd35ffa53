"""torch.compile and torch.export: one graph, whatever the batch and the steps."""

import pytest
import torch
from torch import nn
from torch._dynamo.utils import counters

import elman
from tolerance import assert_close

V, I, H = 7, 3, 4
# T, B. A first batch as wide as the input would be taken for one and the same size,
# as torch.compile does with equal sizes of whatever module.
SIZES = [(5, 6), (8, 2), (2, 9), (13, 5)]
# Raised inside torch, by the first trace of a scan in a process.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script")


class Model(nn.Module):
    """Embedding, recurrent layer, linear."""

    def __init__(self, kind, **options):
        super().__init__()
        self.embedding = nn.Embedding(V, I)
        self.layer = getattr(elman, kind)(I, H, **options)
        self.head = nn.Linear(H * (1 + self.layer.bidirectional), V)

    def forward(self, words, state=None):
        y, state = self.layer(self.embedding(words), state)
        return self.head(y), state


def flat(value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for part in value for tensor in flat(part)]


def same(actual, expected, steps):
    for a, b in zip(actual, expected, strict=True):
        assert_close(a, b, summands=max(I + 4 * H, 65), steps=steps)


def solve(run, model, *given):
    """Return the outputs and every gradient."""
    outputs = flat(run(*given))
    total = sum((o * o).sum() for o in outputs)
    return [*outputs, *torch.autograd.grad(total, list(model.parameters()))]


@pytest.fixture(autouse=True)
def _fresh():
    torch._dynamo.reset()
    counters.clear()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("RNN", {}),
        ("GRU", {"num_layers": 2, "bidirectional": True}),
        ("GRU", {"reset_after": False, "batch_first": True}),
        ("LSTM", {"num_layers": 2, "dropout": 0.3}),
        ("LSTM", {"proj_size": 2}),
    ],
    ids=str,
)
def test_a_layer_is_one_graph_for_every_size(kind, options):
    layer = getattr(elman, kind)(I, H, **options).eval()
    run = torch.compile(layer, fullgraph=True, dynamic=True, backend="aot_eager")
    for T, B in SIZES:
        x = torch.randn(T, B, I)
        same(solve(run, layer, x), solve(layer, layer, x), T)
    assert counters["stats"]["unique_graphs"] == 1
    assert not counters["graph_break"]


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_a_model_is_one_graph_for_every_size(kind):
    """With its state passed from chunk to chunk, as language models do."""
    model = Model(kind)
    run = torch.compile(model, fullgraph=True, dynamic=True, backend="aot_eager")
    places = 2 if kind == "LSTM" else 1
    for T, B in SIZES:
        words = torch.randint(V, (T, B))
        state = tuple(torch.randn(1, B, H) for _ in range(places))
        given = words, state if places == 2 else state[0]
        same(solve(run, model, *given), solve(model, model, *given), T)
    assert counters["stats"]["unique_graphs"] == 1
    assert not counters["graph_break"]


def test_without_asking_for_dynamic_shapes_the_second_size_is_the_last_compiled():
    """torch.compile's default: static first, free from the second size on."""
    layer = elman.GRU(I, H)
    run = torch.compile(layer, fullgraph=True, backend="aot_eager")
    for T, B in SIZES:
        x = torch.randn(T, B, I)
        same(flat(run(x)), flat(layer(x)), T)
    assert counters["stats"]["unique_graphs"] == 2


def test_a_cell_in_a_loop_is_one_graph_for_every_batch():
    cell = elman.GRUCell(I, H)
    run = torch.compile(cell, fullgraph=True, dynamic=True, backend="aot_eager")
    for _, B in SIZES:
        x = torch.randn(B, I)
        same(flat(run(x)), flat(cell(x)), 1)
    assert counters["stats"]["unique_graphs"] == 1


EXPORTED = [
    ("RNN", {"nonlinearity": "softplus"}),
    ("GRU", {"reset_after": False, "bidirectional": True}),
    ("LSTM", {"batch_first": True, "zoneout": 0.1}),
]


@pytest.mark.parametrize(("kind", "options"), EXPORTED, ids=str)
def test_an_exported_model_takes_every_size(kind, options):
    model = Model(kind, **options).eval()
    free = {0: torch.export.Dim("first", min=2), 1: torch.export.Dim("second", min=2)}
    example = torch.zeros(3, 5, dtype=torch.long)
    program = torch.export.export(model, (example,), dynamic_shapes=(free,))
    assert not any("elman" in str(n.target) for n in program.graph.nodes)
    run = program.module()
    for T, B in SIZES:
        words = torch.randint(V, (T, B))
        same(flat(run(words)), flat(model(words)), T)


def test_lengths_are_an_input_of_an_exported_layer():
    class Ragged(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = elman.GRU(I, H, bidirectional=True)

        def forward(self, x, lengths):
            return self.layer(x, lengths=lengths)

    model, rows = Ragged(), torch.export.Dim("rows", min=2)
    shapes = {0: torch.export.Dim("steps", min=2), 1: rows}, {0: rows}
    example = torch.randn(5, 3, I), torch.tensor([5, 2, 0])
    run = torch.export.export(model, example, dynamic_shapes=shapes).module()
    x, lengths = torch.randn(7, 4, I), torch.tensor([3, 7, 0, 1])
    same(flat(run(x, lengths)), flat(model(x, lengths)), 7)


def test_an_exported_cell_takes_every_batch():
    cell = elman.GRUCell(I, H)
    free = ({0: torch.export.Dim("rows", min=2)},)
    run = torch.export.export(cell, (torch.randn(3, I),), dynamic_shapes=free).module()
    for rows in (2, 3, 7):
        x = torch.randn(rows, I)
        same([run(x)], [cell(x)], 1)
