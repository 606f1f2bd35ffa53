"""A layer as a module: copies, pickles, prints, moves, is swapped and compiled."""

import copy
import pickle

import pytest
import torch
from torch.func import functional_call
from torch.nn.utils import parametrize

from cells import CELLS
from elman.layers import GRU, LSTM, RNN
from tolerance import assert_close


def build(cell, *sizes, **options):
    if cell.cell == "rnn":
        return RNN(*sizes, nonlinearity=cell.variant, **options)
    if cell.cell == "gru":
        return GRU(*sizes, reset_after=cell.variant == "reset_after", **options)
    return LSTM(*sizes, proj_size=2 * (cell.variant == "projected"), **options)


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_copies_and_pickles_are_the_same_layer(cell):
    layer = build(cell, 3, 4, 2, bidirectional=True)
    x = torch.randn(5, 2, 3)
    expected = layer(x)[0]
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):  # noqa: S301
        assert repr(twin) == repr(layer)
        assert torch.equal(twin(x)[0], expected)
        with torch.no_grad():
            twin.weight_hh_l0.zero_()
        assert not torch.equal(twin(x)[0], expected)
    assert torch.equal(layer(x)[0], expected)


def test_repr_shows_what_differs_from_the_defaults():
    assert repr(GRU(3, 4)) == "GRU(3, 4)"
    assert repr(GRU(3, 4, reset_after=False)) == "GRU(3, 4, reset_after=False)"
    assert (
        repr(RNN(3, 4, 2, "sigmoid", batch_first=True))
        == "RNN(3, 4, num_layers=2, batch_first=True, nonlinearity=sigmoid)"
    )
    assert repr(LSTM(3, 4, proj_size=2)) == "LSTM(3, 4, proj_size=2)"


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_moving_to_another_dtype(cell):
    layer = build(cell, 3, 4).to(torch.float64)
    y, _ = layer(torch.randn(5, 2, 3, dtype=torch.float64))
    assert y.dtype == torch.float64
    assert build(cell, 3, 4, device="meta")(torch.empty(5, 2, 3, device="meta"))[
        0
    ].shape == (5, 2, 2 if cell.variant == "projected" else 4)


def test_weights_are_read_when_called():
    """Replaced, parametrised and functional weights are the ones that run."""
    layer, x = GRU(3, 4), torch.randn(5, 2, 3)
    new = {k: torch.randn_like(v) for k, v in layer.named_parameters()}
    expected = functional_call(layer, new, (x,))[0]
    assert not torch.equal(layer(x)[0], expected)
    for key, value in new.items():
        setattr(layer, key, torch.nn.Parameter(value))
    assert torch.equal(layer(x)[0], expected)

    class Double(torch.nn.Module):
        def forward(self, weight):
            return 2 * weight

    parametrize.register_parametrization(layer, "weight_hh_l0", Double())
    new["weight_hh_l0"] = 2 * new["weight_hh_l0"]
    twice = GRU(3, 4)
    twice.load_state_dict(new)
    assert torch.equal(layer(x)[0], twice(x)[0])


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_the_trace_is_the_run(cell):
    layer = build(cell, 3, 4, 2, bidirectional=True, dtype=torch.float64)
    x = torch.randn(5, 3, 3, dtype=torch.float64)
    lengths = [5, 2, 0]
    y, state = layer(x, lengths=lengths)
    y_again, state_again, trace = layer.trace(x, lengths=lengths)
    assert_close(y_again, y, summands=16, steps=10)
    h = state[0] if cell.cell == "lstm" else state
    h_again = state_again[0] if cell.cell == "lstm" else state_again
    assert_close(h_again, h, summands=16, steps=10)
    assert [len(directions) for directions in trace] == [2, 2]
    top = torch.cat([trace[1][0]["h"], trace[1][1]["h"]], -1)
    assert torch.equal(top, y_again)
    keys = {"rnn": "h", "gru": "hrzn", "lstm": "hcifgo"}[cell.cell]
    for level, directions in enumerate(trace):
        for suffix, seen in zip(("", "_reverse"), directions, strict=True):
            weight = getattr(layer, f"weight_hh_l{level}{suffix}")
            assert list(seen) == list(keys)
            for track in seen.values():
                assert track.shape[:2] == (5, 3)
                assert not track[2:, 1].any()
                assert not track[:, 2].any()
                (grad,) = torch.autograd.grad(track.sum(), weight, retain_graph=True)
                assert grad.abs().sum() > 0


def test_the_trace_is_time_first_whatever_the_input():
    x = torch.randn(2, 5, 3)
    y, _, trace = GRU(3, 4, batch_first=True).trace(x)
    assert y.shape == (2, 5, 4)
    assert trace[0][0]["h"].shape == (5, 2, 4)
    assert torch.equal(trace[0][0]["h"].transpose(0, 1), y)
    _, _, trace = GRU(3, 4, batch_first=True).trace(x[0])
    assert trace[0][0]["h"].shape == (5, 1, 4)


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_autocast_runs(kind):
    layer, x = kind(3, 4, 2, bidirectional=True), torch.randn(5, 2, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y, _ = layer(x, lengths=[5, 2])
        y_trace, _, _ = layer.trace(x, lengths=[5, 2])
    exact, _ = layer(x, lengths=[5, 2])
    for out in (y, y_trace):
        assert_close(
            out, exact, summands=16, steps=10, dtype=torch.bfloat16, what="autocast"
        )


@pytest.mark.parametrize("kind", [GRU, LSTM])
def test_compiles_and_exports_in_one_graph(kind):
    layer, x = kind(3, 4), torch.randn(3, 2, 3)
    lengths = torch.tensor([3, 1])
    expected = layer(x, lengths=lengths)[0]
    torch.compiler.reset()  # every layer shares one forward
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    assert_close(compiled(x, lengths=lengths)[0], expected, summands=16, steps=3)
    exported = torch.export.export(layer, (x,)).module()
    assert_close(exported(x)[0], layer(x)[0], summands=16, steps=3)
