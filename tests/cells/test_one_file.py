"""A cell from one file, written beside nothing else, is all that the package's are."""

from __future__ import annotations

import importlib.util
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import elman
from cells import Cell
from elman import cells, layers, ops
from elman.cells import _registry
from laws import test_recurrence as laws
from native_core import SETS, running_on

TEXT = '''
"""A cell of three states whose output is normalised."""

import elman
from elman.cells import register, row_mean, sigmoid, sqrt, tanh


@register
class Tide(elman.Cell):
    """A level that follows its input fast and slowly."""

    states = ("h", "fast", "slow")
    init = {"bias.k": 1.0}

    def step(self, x, h, fast, slow):
        k = sigmoid(self.linear("k", x, h))
        u = tanh(self.linear("u", x, k * h))
        fast = k * fast + (1 - k) * u
        slow = slow + sigmoid(self.unit("rate", -2.0)) * (fast - slow)
        level = fast + self.linear("s", slow, bias=False)
        h = level / sqrt(row_mean(level * level) + 0.1)
        return h, fast, slow
'''
T, B, I, H = 9, 4, 3, 6


@pytest.fixture
def tide(tmp_path, monkeypatch):
    monkeypatch.setattr(_registry, "_CELLS", dict(_registry._CELLS))
    file = tmp_path / "tide.py"
    file.write_text(TEXT)
    spec = importlib.util.spec_from_file_location("tide", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Tide


def layer_of(tide, **options):
    torch.manual_seed(0)
    return tide.layer(I, H, **options).double()


def test_layer_trace_and_lengths(tide):
    layer = layer_of(tide, num_layers=2, bidirectional=True)
    x = torch.randn(T, B, I, dtype=torch.float64)
    with ops.record_paths() as ran:
        y, state = layer(x)
    assert set(ran) == {"native"}
    with ops.force_path("composite"):
        plain, _ = layer(x)
    assert (y - plain).abs().max() < 1e-12
    assert y.shape == (T, B, 2 * H)
    assert len(state) == 3
    lengths = [T, 3, 1, 6]
    ragged, _, trace = layer.trace(x, lengths=lengths)
    assert set(trace[0][0]) == {"h", "fast", "slow", "k", "u", "s"}
    for row, n in enumerate(lengths):
        alone, _ = layer(x[:n, row : row + 1])
        assert torch.equal(ragged[:n, row], alone[:, 0])
    first, between = layer(x[:4])
    assert (first - y[:4])[..., :H].abs().max() > 0  # the second layer reads backwards
    one = layer_of(tide)
    whole, _ = one(x)
    a, between = one(x[:4])
    b, _ = one(x[4:], between)
    assert torch.equal(torch.cat([a, b]), whole)


LAWS = [
    law
    for name, law in vars(laws).items()
    if name.startswith("test_")
    and not name.startswith(("test_a_linear", "test_nothing"))
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_laws_of_every_cell(tide, law, monkeypatch):
    own = Cell("tide", "", 0)
    monkeypatch.setattr(laws, "FURTHER", (own,))
    torch.set_default_dtype(torch.float64)
    try:
        law(own)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_bits_by_threads_and_instruction_sets(tide, dtype):
    layer = tide.layer(I, 37, num_layers=2, bidirectional=True).to(dtype)
    x, found = torch.randn(T, B, I, dtype=dtype), {}
    for isa in SETS:
        for threads in (1, 2, 3):
            with running_on(isa, threads):
                y, state = layer(x, lengths=[T, 2, 0, 5])
                loss = y.sin().sum() + sum(s.cos().sum() for s in state)
                gradients = torch.autograd.grad(loss, list(layer.parameters()))
            fused = "scalar" if isa == "scalar" else "fused"
            numbers = [y, *state, *gradients]
            for one, other in zip(
                found.setdefault(fused, numbers), numbers, strict=True
            ):
                assert torch.equal(one, other)


def test_one_step_at_a_time(tide):
    layer = layer_of(tide)
    cell = layers.OneStep(tide(), I, H).double()
    cell.load_state_dict(
        {k.removesuffix("_l0"): v for k, v in layer.state_dict().items()}
    )
    x = torch.randn(T, B, I, dtype=torch.float64)
    state = None
    for step in x:
        state = cell(step, state)
    for one, whole in zip(state, layer(x)[1], strict=True):
        assert (one - whole[0]).abs().max() < 1e-13


def test_gradients(tide):
    layer = layer_of(tide)
    x = torch.randn(3, 2, I, dtype=torch.float64, requires_grad=True)
    names = [name for name, _ in layer.named_parameters()]

    def run(x, *weights):
        own = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(layer, own, (x,))[0]

    weights = [p.detach().clone().requires_grad_() for p in layer.parameters()]
    assert torch.autograd.gradcheck(run, (x, *weights))


def test_doctor_and_initialisation(tide):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = tide.layer(I, H, batch_first=True)
            self.head = nn.Linear(H, 1)

        def forward(self, x):
            return self.head(self.rnn(x)[0][:, -1])

    x, y = torch.randn(16, 30, I), torch.randn(16, 1)
    found = elman.diagnose(Net(), x, y, nn.functional.mse_loss, needed=10)
    assert found.profile[0].cell == "Tide"
    assert found.lyapunov[0].exponents[0] < 0.1
    assert "k" in found.saturation[0].low
    assert len(found.saturation[0].time_constants) == 3
    layer = elman.init.chrono_(tide.layer(I, H), 30.0)
    names = cells.row_blocks(layer.cell.traced, "bias")
    assert (layer.bias_l0.chunk(len(names))[names.index("k")] >= 0).all()


def test_an_estimator_by_name(tide, tmp_path):
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(12, 1)) for _ in range(24)]
    y = np.array(["a", "b"] * 12)
    fitted = elman.SequenceClassifier(
        cell="tide", hidden_size=6, epochs=1, highway="none", random_state=0
    ).fit(x, y)
    again = elman.load(fitted.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))


def test_equations_and_plain_data(tide):
    text = str(tide().equations)
    assert "k" in text
    assert "fast" in text
    again = cells.restored(cells.stored(tide()))
    assert cells.stored(cells.restored(cells.stored(again))) == cells.stored(again)
    assert again.lowered().program == tide().lowered().program


# What torch's exporter says about itself.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_onnx(tide):
    ort = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = tide.layer(I, H)

        def forward(self, x):
            return self.rnn(x)[0]

    model = Net().eval()
    written = elman.onnx.export_model(model, torch.randn(5, 3, I))
    session = ort.InferenceSession(written.SerializeToString())
    x = torch.randn(T, B, I)
    (got,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    with torch.no_grad():
        assert (torch.from_numpy(got) - model(x)).abs().max() < 1e-5


def test_a_page_of_the_documentation(tide, monkeypatch):
    root = Path(__file__).parents[2]
    monkeypatch.syspath_prepend(str(root / "tools"))
    hook = runpy.run_path(str(root / "tools" / "docs_cells.py"))
    page = hook["page"]("tide")
    assert page.startswith("# Tide\n")
    assert '`cell="tide"` · A level that' in page
    assert tide().equations.latex in page
    assert "States: `h`, `fast`, `slow`. Gates in a trace: `k`, `u`, `s`." in page
    assert "[Tide](../cells/tide.md)" in hook["on_page_markdown"](hook["TABLE"])
