"""The core as torch.library operators."""

import pytest
import torch
import torch._dynamo.testing

from cells import draw
from elman import GRU, LSTM, RNN
from native_core import every_cell


def arguments(cell, lengths):
    problem = draw(cell, 3, 2, 3, 4, lengths=lengths)
    names = ("x", "h_0", "c_0", "w_ih", "w_hh", "b_ih", "b_hh", "w_hr")
    given = [
        torch.from_numpy(problem.given[n]).requires_grad_()
        if n in problem.given
        else None
        for n in names
    ]
    lengths = None if lengths is None else torch.tensor(lengths)
    return (*given, lengths, cell.cell, cell.variant, False)


# From torch 2.14 on, opcheck itself reads .grad of a result in passing.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@pytest.mark.parametrize("lengths", [None, [3, 1]], ids=["full", "ragged"])
@every_cell
def test_opcheck(cell, lengths):
    torch.library.opcheck(torch.ops.elman.forward.default, arguments(cell, lengths))


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_compiled_equals_eager_and_one_graph_serves_every_length(kind):
    layer = kind(11, 5, bidirectional=True)
    torch._dynamo.reset()
    counter = torch._dynamo.testing.CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(layer, fullgraph=True, dynamic=True, backend=counter)
    compiled(torch.randn(5, 4, 11))
    graphs = counter.frame_count
    for T, B in ((4, 3), (6, 3), (9, 2), (7, 8)):
        x = torch.randn(T, B, 11)
        y, z = layer(x)[0], compiled(x)[0]
        assert torch.equal(y, z)
        for a, b in zip(
            torch.autograd.grad(y.sum(), list(layer.parameters())),
            torch.autograd.grad(z.sum(), list(layer.parameters())),
            strict=True,
        ):
            assert torch.equal(a, b)
    assert counter.frame_count == graphs
