"""Recomputed chunks have the gradients of chunks that were kept."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import Recomputed
from tolerance import assert_close

F64 = torch.float64


class Chunked(nn.Module):
    """The same chunks, nothing recomputed."""

    def __init__(self, module, steps, time):
        super().__init__()
        self.module, self.steps, self.time = module, steps, time

    def forward(self, x, state=None):
        outputs = []
        for piece in x.split(self.steps, self.time):
            output, state = self.module(piece, state)
            outputs.append(output)
        return torch.cat(outputs, self.time), state


def gradients(run, module, x, state, seed=0):
    module.zero_grad()
    x = x.clone().requires_grad_()
    torch.manual_seed(seed)
    output, last = run(x, state)
    last = last if isinstance(last, tuple) else (last,)
    (output.square().sum() + sum(s.sum() for s in last)).backward()
    return [x.grad, *(p.grad.clone() for p in module.parameters())], output


class Autocast(nn.Module):
    """Notes whether products would run in half precision."""

    def __init__(self):
        super().__init__()
        self.weight, self.seen = nn.Parameter(torch.ones(())), []

    def forward(self, x, state=None):
        on = torch.is_autocast_enabled("cpu")
        self.seen.append(torch.get_autocast_dtype("cpu") if on else None)
        return x * self.weight, None


LAYERS = [
    pytest.param(lambda: elman.LSTM(3, 5, 2, dropout=0.4, dtype=F64), id="LSTM"),
    pytest.param(lambda: elman.GRU(3, 5, 2, dropout=0.4, dtype=F64), id="GRU"),
    pytest.param(lambda: nn.LSTM(3, 5, 2, dropout=0.4, dtype=F64), id="torch"),
    pytest.param(lambda: elman.RNN(3, 5, batch_first=True, dtype=F64), id="RNN"),
]


@pytest.mark.parametrize("build", LAYERS)
@pytest.mark.parametrize("steps", [1, 7, 50])
def test_the_same_bits_as_chunks_kept_dropout_included(build, steps):
    torch.manual_seed(0)
    layer = build()
    time = 1 if layer.batch_first else 0
    x = torch.randn(23, 23, 3, dtype=F64)
    kept, y = gradients(Chunked(layer, steps, time), layer, x, None)
    again, z = gradients(Recomputed(layer, steps), layer, x, None)
    for a, b in zip([y, *kept], [z, *again], strict=True):
        if isinstance(layer, nn.RNNBase) and type(layer).__module__.startswith("torch"):
            assert_close(b, a, summands=23 * 23, steps=23)
        else:
            assert torch.equal(a, b)
    other, _ = gradients(Recomputed(layer, steps), layer, x, None, seed=1)
    assert torch.equal(other[0], again[0]) != bool(layer.dropout)


def test_without_dropout_the_whole_sequence_gives_the_same_gradients():
    torch.manual_seed(0)
    layer = elman.LSTM(3, 5, batch_first=True, dtype=F64)
    x = torch.randn(2, 40, 3, dtype=F64)
    state = (torch.randn(1, 2, 5, dtype=F64), torch.randn(1, 2, 5, dtype=F64))
    whole, _ = gradients(layer, layer, x, state)
    parts, _ = gradients(Recomputed(layer), layer, x, state)
    for a, b in zip(parts, whole, strict=True):
        assert_close(a, b, summands=80, steps=40)


def test_the_state_that_came_in_has_its_gradient():
    torch.manual_seed(0)
    layer = elman.GRU(3, 5, batch_first=True, dtype=F64)
    x = torch.randn(2, 9, 3, dtype=F64)
    found = []
    for run in (layer, Recomputed(layer, 2)):
        state = torch.zeros(1, 2, 5, dtype=F64, requires_grad=True)
        run(x, state)[0].sum().backward()
        found.append(state.grad)
    assert_close(found[1], found[0], summands=8, steps=9)


def test_the_names_of_the_weights_show_what_is_inside():
    layer = elman.GRU(3, 5)
    assert list(Recomputed(layer).state_dict()) == [
        f"module.{name}" for name in layer.state_dict()
    ]


def test_what_does_not_fit_says_so():
    with pytest.raises(InputError, match="forward only"):
        Recomputed(elman.GRU(3, 5, bidirectional=True))
    with pytest.raises(InputError, match="steps must be at least 1"):
        Recomputed(elman.GRU(3, 5), 0)


PROGRAM = """
import torch, elman
from elman.training import Recomputed

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = elman.LSTM(4, 32, batch_first=True)
        self.head = torch.nn.Linear(32, 1)
    def forward(self, x, state=None):
        y, state = self.rnn(x, state)
        return self.head(y), state

def kilobytes(name):
    with open("/proc/self/status") as file:
        return next(int(l.split()[1]) for l in file if l.startswith(name + ":"))

net = Net()
# Kernels that the processor chooses are loaded by their first use.
Recomputed(net)(torch.zeros(1, 4_000, 4))[0].sum().backward()
x = torch.zeros(1, 100_000, 4)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak counts from here
start = kilobytes("VmRSS")
Recomputed(net)(x)[0].sum().backward()
print(kilobytes("VmHWM") - start)
"""


def test_a_narrow_type_of_numbers_is_the_same_when_it_runs_again():
    net = Autocast()
    x = torch.randn(2, 6, 3)
    with torch.autocast("cpu", enabled=True, dtype=torch.bfloat16):
        y, _ = Recomputed(net, 2, batch_first=True)(x)
    y.sum().backward()
    assert net.seen == [torch.bfloat16] * 6


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_a_hundred_thousand_steps_train_in_bounded_memory():
    """Kept, 32 units are at least 6 × 32 × 4 bytes a step: 77 MB."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) / 1000 < 77 / 4


class Around(nn.Module):
    """A network around a layer; it may swap the axes of x first."""

    def __init__(self, *layers, swaps=False):
        super().__init__()
        self.layers, self.swaps = nn.ModuleList(layers), swaps

    def forward(self, x, state=None):
        x = x.transpose(0, 1) if self.swaps else x
        y, state = self.layers[0](x, state)
        return y.transpose(0, 1) if self.swaps else y, state


@pytest.mark.parametrize("make", [nn.GRU, elman.GRU])
@pytest.mark.parametrize("batch_first", [False, True])
def test_time_is_where_the_layers_inside_have_it(make, batch_first):
    torch.manual_seed(0)
    module = Around(make(3, 5, batch_first=batch_first, dtype=F64))
    x = torch.randn(9, 16, 3, dtype=F64)
    again = Recomputed(module, 4)
    assert again.batch_first is batch_first
    mine, output = gradients(again, module, x, None)
    theirs, expected = gradients(module, module, x, None)
    assert_close(output, expected, summands=8, steps=16)
    for a, b in zip(mine, theirs, strict=True):
        assert_close(a, b, summands=9 * 16, steps=16)


@pytest.mark.parametrize(
    "module",
    [
        nn.Identity(),
        Around(nn.GRUCell(3, 5)),
        Around(elman.GRU(3, 5), elman.GRU(5, 5, batch_first=True)),
    ],
)
def test_time_that_nothing_tells_is_asked_for(module):
    with pytest.raises(InputError, match="give batch_first=True or"):
        Recomputed(module)
    assert Recomputed(module, batch_first=True).batch_first


def test_a_network_that_swaps_the_axes_is_asked():
    module = Around(elman.GRU(3, 5), swaps=True)
    x = torch.randn(4, 36, 3)
    with pytest.raises(InputError, match="swaps the axes of x before its GRU"):
        Recomputed(module)(x)
    y, _ = Recomputed(module, batch_first=True)(x)
    assert y.shape == (4, 36, 5)
